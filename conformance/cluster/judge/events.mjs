import { checkConnections, firstsOf } from '../../support/event-rules.mjs';

/** Longest time from reading a message to having it on disk or with the broker. */
const COMMIT_MS = 2_000;

/**
 * Checks the events of all nodes, in the order of their broker.
 *
 * - Every id stands for one event; repeats are allowed, and only the first counts.
 * - A connection is one open, its messages, one close, in this order: also when its node was killed
 *   and another one emitted the close.
 * - The messages of a connection are a prefix of what its client wrote, without a hole; all of it
 *   where the client closed in good order, unless its node was killed less than `COMMIT_MS` later.
 */
export function checkEvents({ events, clients, faults }, violations) {
  const { firsts, repeats } = firstsOf(events, violations);
  const delivered = checkConnections(firsts, false, violations);
  for (const { name, written, isClosedCleanly, node, closedAtMs } of clients) {
    const last = delivered.get(name)?.last ?? 0;
    if (last > written) violations.add('more than was written', `${name}: ${last} of ${written}`);
    if (last < written && isClosedCleanly && !isKilledAfter(faults, node, closedAtMs))
      violations.add('missing at the end of a clean session', `${name}: ${written - last} of ${written}`);
  }
  const count = (action) => firsts.filter((event) => event.action === action).length;
  return { opens: count('open'), messages: count('message'), closes: count('close'), repeats };
}

function isKilledAfter(faults, node, closedAtMs) {
  return faults.some(({ kind, nodes, startMs }) => {
    const sinceCloseMs = startMs - closedAtMs;
    return kind === 'kill' && nodes.includes(node) && sinceCloseMs > -COMMIT_MS && sinceCloseMs < COMMIT_MS;
  });
}
