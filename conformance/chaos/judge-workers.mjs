/** Longest time from the end of a worker to the moment at which its clients have noticed. */
const NOTICED_MS = 1_000;
/**
 * Longest time from reading a message to handing it to the supervisor, on a machine that is busy
 * with a worker that starts.
 */
const HANDED_MS = 1_000;

/**
 * Judges a run in which workers were killed, beside `judge`: `kills` are `{worker, killedAtMs,
 * goneAtMs}`, `downtimes` times in which the whole gateway was stopped and started, `workerOf(name)`
 * the worker of a session, undefined for one without events.
 *
 * - Only connections of a worker that was killed are cut.
 * - Only attempts to connect that were under way when a worker was killed fail.
 */
export function checkWorkers({ sessions, dials, kills, downtimes, workerOf }, violations) {
  const cut = sessions.filter(({ isCut }) => isCut);
  for (const { name, closedAtMs } of cut) {
    const worker = workerOf(name);
    const isExpected = kills.some(
      (kill) =>
        (worker === undefined || worker === kill.worker) &&
        closedAtMs >= kill.killedAtMs &&
        closedAtMs <= kill.goneAtMs + NOTICED_MS,
    );
    if (!isExpected) violations.add('a connection of a worker that lived was cut', `${name} of worker ${worker}`);
  }
  const failed = dials.filter(({ isOpen }) => !isOpen);
  for (const { startedAtMs, endedAtMs } of failed) {
    const wasUnderWay = (fromMs, toMs) => startedAtMs <= toMs && endedAtMs >= fromMs;
    const isExpected =
      kills.some(({ killedAtMs, goneAtMs }) => wasUnderWay(killedAtMs, goneAtMs)) ||
      downtimes.some(({ fromMs, toMs }) => wasUnderWay(fromMs, toMs));
    if (!isExpected)
      violations.add('an attempt to connect failed though no worker was killed', spanOf(startedAtMs, endedAtMs));
  }
  return {
    'worker kills': kills.length,
    'connections cut': cut.length,
    dials: dials.length,
    'failed dials': failed.length,
  };
}

/** Whether a worker was killed so soon after a session closed that its last messages may be lost. */
export function mayBeLostWithWorker({ kills, workerOf }, { name, closedAtMs }) {
  const worker = workerOf(name);
  return kills.some((kill) => {
    const sinceCloseMs = kill.goneAtMs - closedAtMs;
    return (
      (worker === undefined || worker === kill.worker) && sinceCloseMs >= 0 && kill.killedAtMs - closedAtMs < HANDED_MS
    );
  });
}

function spanOf(fromMs, toMs) {
  return `at ${Math.round(fromMs)} ms, after ${Math.round(toMs - fromMs)} ms`;
}
