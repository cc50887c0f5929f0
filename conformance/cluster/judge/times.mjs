import { stoppedDuring } from './faults.mjs';

/** Time that an answer may take beyond the deadline. */
const SPARE_MS = 50;
/** Time after the first missed deadline from which nobody waits for the silent node. */
const LEARNED_MS = 1_200;
/** Calls below which a 99th percentile says nothing. */
const FEWEST = 20;

/**
 * Checks how long answers took, less what the machine may have delayed them.
 *
 * - No answer comes later than the deadline and `SPARE_MS`.
 * - `LEARNED_MS` after the first deadline that a fault made a node's callers miss, the 99th
 *   percentile of the answers of that node is normal again, though the fault lasts: at most three
 *   times that of the calm time, or a quarter of the deadline if that is more. The end of the fault,
 *   when nodes that were away join again, is another such moment.
 */
export function checkTimes({ calls, faults, deadlineMs }, violations) {
  const judged = calls.filter((call) => call.answeredAtMs !== undefined && !stoppedDuring(faults, call));
  const slowest = Math.max(0, ...judged.map(tookMs));
  let withAllowance = 0;
  for (const call of judged) {
    const overMs = tookMs(call) - deadlineMs - SPARE_MS;
    if (overMs > call.allowanceMs)
      violations.add('an answer after the deadline', `${call.number} at ${call.node}: ${Math.round(tookMs(call))} ms`);
    else if (overMs > 0) withAllowance += 1;
  }
  const calmMs = p99(judged.filter((call) => !faults.some((fault) => overlaps(fault, call))));
  const limitMs = Math.max(3 * (calmMs ?? 0), deadlineMs / 4);
  const phases = faults.flatMap(({ kind, startMs, undoneMs, endMs }) => [
    { kind, startMs, endMs: undoneMs },
    { kind: `after ${kind}`, startMs: undoneMs, endMs },
  ]);
  const learned = phases.flatMap((phase) => checkLearning({ judged, phase, limitMs, deadlineMs }, violations));
  return {
    'slowest answer, ms': Math.round(slowest),
    'answers late by the machine alone': withAllowance,
    'largest allowance, ms': Math.round(Math.max(0, ...judged.map(({ allowanceMs }) => allowanceMs))),
    'p99 calm, ms': Math.round(calmMs ?? 0),
    'p99 during faults, once known, ms': Math.round(Math.max(0, ...learned)),
  };
}

function checkLearning({ judged, phase, limitMs, deadlineMs }, violations) {
  const percentiles = [];
  const during = judged.filter(({ sentAtMs }) => sentAtMs >= phase.startMs && sentAtMs <= phase.endMs);
  for (const node of new Set(during.map((call) => call.node))) {
    const own = during.filter((call) => call.node === node);
    const missed = own.filter((call) => call.silent.length > 0 && tookMs(call) >= deadlineMs);
    if (missed.length === 0) continue;
    const knownAtMs = Math.min(...missed.map(({ answeredAtMs }) => answeredAtMs)) + LEARNED_MS;
    const percentile = p99(own.filter(({ sentAtMs }) => sentAtMs > knownAtMs));
    if (percentile === undefined) continue;
    percentiles.push(percentile);
    if (percentile > limitMs)
      violations.add(
        'calls still wait for a node that is known to be silent',
        `${phase.kind}, at ${node}: p99 ${Math.round(percentile)} ms of at most ${Math.round(limitMs)}`,
      );
  }
  return percentiles;
}

function tookMs({ sentAtMs, answeredAtMs }) {
  return answeredAtMs - sentAtMs;
}

function overlaps({ startMs, endMs }, { sentAtMs, answeredAtMs }) {
  return startMs <= answeredAtMs && sentAtMs <= endMs;
}

/** The 99th percentile in milliseconds; undefined for too few calls. */
function p99(calls) {
  if (calls.length < FEWEST) return undefined;
  const sorted = calls.map((call) => Math.max(0, tookMs(call) - call.allowanceMs)).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1];
}
