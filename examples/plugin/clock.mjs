// A plugin that sends the time to every connection with the tag topic=time, once per second, and logs
// the number of connections.
let timer;

export function start({ select, broadcast, log, signal, options }) {
  const listeners = select({ topic: 'time' });
  timer = setInterval(() => {
    // Skips a turn while most receivers are congested, so that the queues of slow clients do not grow.
    if (listeners.congested * 2 > listeners.size) return;
    const count = broadcast(listeners, new Date().toISOString());
    if (count > 0) log.info('clock.sent', { count });
  }, options.periodMs ?? 1000);
  signal.addEventListener('abort', stop);
}

export function stop() {
  clearInterval(timer);
}
