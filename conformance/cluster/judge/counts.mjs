import { groupBy } from '../../support/group-by.mjs';
import { stoppedDuring, touchedDuring } from './faults.mjs';

/**
 * Longest time from counting a message to its arrival at a client. A connection that was cut within
 * it may have lost the message.
 */
const DELIVERY_MS = 1_000;
/**
 * From this share of the deadline on that the machine may have taken, a node may have been too late.
 * Others then expect nothing of it until its next beat.
 */
const BUSY_SHARE = 0.3;
const BUSY_AFTERMATH_MS = 3_000;

/**
 * Checks who got what.
 *
 * - A client gets each message at most once, and only messages that select it.
 * - The clients that got a message are as many as the answer says. A node that is named as silent
 *   may have delivered to any of its clients. A connection that was cut at that moment may have
 *   lost the message, and so may one whose client had sent its close frame, on uws.
 * - Nodes named as silent are nodes that a fault touched.
 * - A node that nothing is wrong with answers 200.
 */
export function checkCounts(run, violations) {
  const receivers = receiversOf(run, violations);
  const clients = groupBy(run.clients, ({ node }) => node);
  const tally = { 'complete answers': 0, 'incomplete answers': 0, unanswered: 0, 'other answers': 0 };
  for (const call of run.calls) {
    if (call.status === undefined) tally.unanswered += 1;
    else if (call.status !== 200) tally['other answers'] += 1;
    else tally[call.silent.length === 0 ? 'complete answers' : 'incomplete answers'] += 1;
    if (call.status === 200) checkCall({ call, clients, receivers: receivers.get(call.number) ?? [] }, violations);
    else if (!stoppedDuring(run.faults, call))
      violations.add('a node that was well did not answer 200', `${call.number} at ${call.node}: ${call.status}`);
    checkSilent(run, call, violations);
  }
  return { ...tally, deliveries: [...receivers.values()].reduce((sum, list) => sum + list.length, 0) };
}

function receiversOf({ clients, calls }, violations) {
  const known = new Map(calls.map((call) => [call.number, call]));
  const receivers = new Map();
  for (const client of clients) {
    const got = new Set();
    for (const number of client.received) {
      const call = known.get(number);
      if (got.has(number)) violations.add('a message delivered twice', `${number} to ${client.name}`);
      else if (call === undefined || !selects(call, client))
        violations.add('a message for somebody else', `${number} to ${client.name}`);
      else if (receivers.has(number)) receivers.get(number).push(client);
      else receivers.set(number, [client]);
      got.add(number);
    }
  }
  return receivers;
}

function selects({ room }, client) {
  return room === undefined || room === client.room;
}

/** The nodes that may have delivered or not: those named, or all but the asked one. */
function silentNodes({ silent, node }, nodes) {
  return silent.includes('*') ? nodes.filter((one) => one !== node) : silent;
}

function checkCall({ call, clients, receivers }, violations) {
  const silent = new Set(silentNodes(call, [...clients.keys()]));
  const got = new Set(receivers);
  const total = { least: 0, most: 0 };
  for (const [node, ofNode] of clients) {
    const received = ofNode.filter((client) => got.has(client)).length;
    const lost = ofNode.filter((client) => !got.has(client) && mayHaveLost(client, call)).length;
    const range = { least: received, most: received + lost };
    if (silent.has(node)) Object.assign(range, { least: 0 }, hasStartedAgain(ofNode, call, got) ? {} : { most: 0 });
    total.least += range.least;
    total.most += range.most;
    if (call.perNode !== undefined)
      compare({ call, where: ` of ${node}`, count: call.perNode[node] ?? 0, ...range }, violations);
  }
  compare({ call, where: '', count: call.count, ...total }, violations);
}

/** A node may be named for one start of it while another start of it has answered. */
function hasStartedAgain(ofNode, { answeredAtMs }, got) {
  // A client of a busy process may see the message before it notes that it is connected.
  return ofNode.some((client) => client.boot > 0 && (client.openedAtMs <= answeredAtMs || got.has(client)));
}

function compare({ call, where, count, least, most }, violations) {
  const text = `${call.number} at ${call.node}: ${count}${where}, got by ${least === most ? least : `${least} to ${most}`}`;
  if (count < least) violations.add('a count too low', text);
  if (count > most) violations.add('a count too high', text);
}

function mayHaveLost(client, call) {
  if (!selects(call, client) || client.openedAtMs > call.answeredAtMs) return false;
  if (client.leftAtMs <= call.answeredAtMs && client.closedAtMs >= call.sentAtMs) return true;
  return client.isCut && client.closedAtMs >= call.sentAtMs && client.closedAtMs <= call.answeredAtMs + DELIVERY_MS;
}

function checkSilent(run, call, violations) {
  if (call.silent.length === 0) return;
  const touched = touchedDuring(run.faults, call);
  for (const node of call.silent) {
    // A node that is cut off or has just come back hears nobody.
    if (touched.has(node) || touched.has(call.node)) continue;
    if (node === '*' && touched.size > 0) continue;
    if (wasBusy(run, call)) continue;
    violations.add('a node that was well is named as silent', `${node} by ${call.node} for ${call.number}`);
  }
}

function wasBusy({ calls, deadlineMs }, { sentAtMs, answeredAtMs }) {
  return calls.some(
    (other) =>
      other.allowanceMs > deadlineMs * BUSY_SHARE &&
      other.sentAtMs <= answeredAtMs &&
      other.answeredAtMs + BUSY_AFTERMATH_MS >= sentAtMs,
  );
}
