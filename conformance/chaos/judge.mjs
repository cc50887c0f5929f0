import { checkConnections, firstsOf } from '../support/event-rules.mjs';
import { Violations } from '../support/violations.mjs';
import { checkWorkers, mayBeLostWithWorker } from './judge-workers.mjs';

const EVENT_ID = /^([0-9a-f]{4}-\d+)-(\d+)$/;
/**
 * Longest time from reading a message to having it on disk, on a machine that is busy with a broker
 * that starts.
 */
const COMMIT_MS = 1_000;

/**
 * Judges a run from outside: what clients wrote against what the broker has. `sessions` as Clients
 * has them, `events` in the broker's order. Repeats are allowed (at least once) and only the first
 * of each counts.
 *
 * - Every id stands for one event, and the ids of each start of the gateway have no gap.
 * - A connection is one open, its messages, one close, in this order.
 * - The numbers of a session are a prefix of what it wrote, in order, without a hole; all of it
 *   when the session closed cleanly.
 *
 * A gateway that was killed may have lost what it had read and not yet written. With `mayLoseEnds`
 * (memory alone) that is the end of any session of that start, its close included, and so a gap in
 * the ids; on disk it is at most the end of a session that closed less than `COMMIT_MS` before the
 * kill. `boots` are the starts of the gateway: `{killedAtMs}`, undefined for one that ended in
 * order. `workers` is what checkWorkers judges, undefined for a gateway of one process.
 *
 * Gives `{counts, violations}`; a run is good when there is no violation.
 */
export function judge({ sessions, events, boots, mayLoseEnds, workers }) {
  const violations = new Violations();
  const { firsts, repeats } = firstsOf(events, violations);
  if (!mayLoseEnds) checkGaps(firsts, violations);
  const delivered = checkConnections(firsts, mayLoseEnds, violations);
  const workerOf = (name) => workerOfId(delivered.get(name)?.connection);
  const isExcused = (session) => workers !== undefined && mayBeLostWithWorker({ ...workers, workerOf }, session);
  const tails = checkSessions({ sessions, boots, mayLoseEnds, isExcused }, delivered, violations);
  const count = (action) => firsts.filter((event) => event.action === action).length;
  const ofWorkers = workers === undefined ? {} : checkWorkers({ sessions, ...workers, workerOf }, violations);
  const counts = {
    ...ofWorkers,
    sessions: sessions.length,
    'closed cleanly': sessions.filter(({ isClosedCleanly }) => isClosedCleanly).length,
    'messages written': sessions.reduce((sum, { written }) => sum + written, 0),
    'messages delivered': count('message'),
    'missing of clean sessions': tails.missing,
    'cut with the gateway': tails.cut,
    'longest cut tail': tails.longest,
    opens: count('open'),
    closes: count('close'),
    repeats,
  };
  return { counts, violations: violations.list() };
}

/** The worker in the id of a connection. */
function workerOfId(id) {
  return id === undefined ? undefined : Number.parseInt(id.slice(-6, -4), 16);
}

function checkGaps(firsts, violations) {
  const boots = new Map();
  for (const { id } of firsts) {
    const match = EVENT_ID.exec(id);
    if (match === null) violations.add('an id of another form', String(id));
    else boots.set(match[1], (boots.get(match[1]) ?? new Set()).add(Number(match[2])));
  }
  for (const [boot, sequences] of boots) {
    const last = sequences.size;
    for (let sequence = 1; sequence <= last; sequence++) {
      if (!sequences.has(sequence)) violations.add('a gap in the ids', `${boot}-${sequence}`);
    }
  }
}

function checkSessions({ sessions, boots, mayLoseEnds, isExcused }, delivered, violations) {
  const tails = { missing: 0, cut: 0, longest: 0 };
  for (const session of sessions) {
    const { name, written } = session;
    const last = delivered.get(name)?.last ?? 0;
    if (last > written) violations.add('more than was written', `${name}: ${last} of ${written}`);
    const tail = written - last;
    const mustBeThere = mustBeWhole(session, boots[session.boot]?.killedAtMs, mayLoseEnds) && !isExcused(session);
    if (tail > 0 && mustBeThere) {
      violations.add('missing at the end of a clean session', `${name}: ${tail} of ${written}`);
      tails.missing += tail;
    } else {
      tails.cut += tail;
      tails.longest = Math.max(tails.longest, tail);
    }
  }
  return tails;
}

/** Whether all that a session wrote has to be there. */
function mustBeWhole({ isClosedCleanly, closedAtMs }, killedAtMs, mayLoseEnds) {
  if (!isClosedCleanly || killedAtMs === undefined) return isClosedCleanly;
  return !mayLoseEnds && closedAtMs + COMMIT_MS < killedAtMs;
}
