import { groupBy } from '../../support/group-by.mjs';
import { touchedDuring } from './faults.mjs';

/**
 * Checks the order in which clients got messages.
 *
 * - All clients of one start of a node see one sequence.
 * - A call that was answered before another began precedes it at every client, except at nodes that
 *   its answer names as silent.
 * - Calls through one node are in one sequence at the clients of all nodes, as long as no fault may
 *   have lost one of them and made it come again.
 */
export function checkOrder(run, violations) {
  const calls = new Map(run.calls.map((call) => [call.number, call]));
  const boots = groupBy(run.clients, ({ node, boot }) => `${node}, start ${boot}`);
  for (const [name, clients] of boots) {
    const cycle = findCycle(clients.map(({ received }) => firstOnly(received)));
    if (cycle !== undefined) violations.add('two orders on one node', `${name}: ${cycle}`);
  }
  for (const client of run.clients) checkAnswered(client, calls, violations);
  for (const [node, own] of groupBy(run.calls, (call) => call.node)) {
    const clean = new Set(own.filter((call) => isClean(run, call)).map(({ number }) => number));
    const cycle = findCycle(
      run.clients.map(({ received }) => firstOnly(received).filter((number) => clean.has(number))),
    );
    if (cycle !== undefined) violations.add('two orders of calls through one node', `${node}: ${cycle}`);
  }
  return {};
}

function firstOnly(received) {
  return [...new Set(received)];
}

function isClean({ faults }, call) {
  return call.status === 200 && call.silent.length === 0 && touchedDuring(faults, call).size === 0;
}

function checkAnswered({ name, node, received }, calls, violations) {
  let latest;
  for (const number of firstOnly(received)) {
    const call = calls.get(number);
    if (call === undefined) continue;
    const isOver = call.status === 200 && !isSilentFor(call, node);
    if (latest !== undefined && isOver && call.answeredAtMs < latest.sentAtMs)
      violations.add('an answered call after a later one', `${number} after ${latest.number} at ${name}`);
    if (latest === undefined || call.sentAtMs > latest.sentAtMs) latest = call;
  }
}

function isSilentFor({ silent, node: asked }, node) {
  return silent.includes(node) || (silent.includes('*') && node !== asked);
}

/**
 * Some number that stands before itself when all sequences are put together; undefined if one order
 * agrees with all of them.
 */
function findCycle(sequences) {
  const after = new Map();
  const blockers = new Map();
  for (const sequence of sequences) {
    for (const [index, number] of sequence.entries()) {
      if (!blockers.has(number)) blockers.set(number, 0);
      if (index > 0) addEdge({ after, blockers }, sequence[index - 1], number);
    }
  }
  const free = [...blockers].filter(([, count]) => count === 0).map(([number]) => number);
  let placed = 0;
  while (free.length > 0) {
    placed += 1;
    for (const next of after.get(free.pop()) ?? []) {
      const left = blockers.get(next) - 1;
      blockers.set(next, left);
      if (left === 0) free.push(next);
    }
  }
  if (placed === blockers.size) return undefined;
  return [...blockers]
    .filter(([, count]) => count > 0)
    .map(([number]) => number)
    .slice(0, 4)
    .join(', ');
}

function addEdge({ after, blockers }, before, number) {
  const edges = after.get(before) ?? new Set();
  after.set(before, edges);
  if (edges.has(number)) return;
  edges.add(number);
  blockers.set(number, blockers.get(number) + 1);
}
