// A plugin: each second it sends the time to every connection that has the tag topic=time, and logs
// to how many.
let timer;

export function start({ select, broadcast, log, signal, options }) {
  const listeners = select({ topic: 'time' });
  timer = setInterval(() => {
    // A sender that holds back while most of its receivers are behind never makes the queues of
    // slow ones longer.
    if (listeners.congested * 2 > listeners.size) return;
    const count = broadcast(listeners, new Date().toISOString());
    if (count > 0) log.info('clock.sent', { count });
  }, options.periodMs ?? 1000);
  signal.addEventListener('abort', stop);
}

export function stop() {
  clearInterval(timer);
}
