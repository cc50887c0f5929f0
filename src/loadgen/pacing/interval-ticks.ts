/**
 * When the tick after `nowMs` of an interval that began at `startMs` is due. Ticks that were missed are left out: they do not
 * pile up, and the beat stays that of the start.
 */
export function nextTickMs(startMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.max(0, Math.floor((nowMs - startMs) / intervalMs));
  return startMs + (passed + 1) * intervalMs;
}
