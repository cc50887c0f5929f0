const GROUPS = {
  1: 'framing',
  2: 'pings and pongs',
  3: 'reserved bits',
  4: 'opcodes',
  5: 'fragmentation',
  6: 'UTF-8',
  7: 'close handshake',
  9: 'limits and large messages',
  10: 'auto-fragmentation',
  12: 'compression, message sizes',
  13: 'compression, parameters',
};
const BEHAVIOURS = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'];

/**
 * How a case ended, its close included: what Autobahn calls a wrong or unclean close is a failure.
 */
export function behaviourOf({ behavior, behaviorClose }) {
  const isBadClose = !['OK', 'INFORMATIONAL'].includes(behaviorClose);
  return isBadClose || !BEHAVIOURS.includes(behavior) ? 'FAILED' : behavior;
}

/** How many cases ended in each way: `{ OK: 234, ... }`. */
export function countBehaviours(results) {
  const counts = Object.fromEntries(BEHAVIOURS.map((behaviour) => [behaviour, 0]));
  for (const result of results) counts[behaviourOf(result)] += 1;
  return counts;
}

/** The table of one run in Markdown, and below it each case that is not simply OK. */
export function formatResults(results) {
  const numbers = [...new Set(results.map((result) => groupOf(result)))].toSorted((one, other) => one - other);
  const rows = numbers.map((group) => row(`${group} ${GROUPS[group] ?? ''}`, countBehaviours(inGroup(results, group))));
  const head = [`| cases | ${BEHAVIOURS.join(' | ')} |`, `| --- |${' ---: |'.repeat(BEHAVIOURS.length)}`];
  const table = [...head, ...rows, row('all', countBehaviours(results))];
  return [...table, '', ...exceptions(results)].join('\n');
}

function groupOf({ id }) {
  return Number(id.split('.')[0]);
}

function inGroup(results, group) {
  return results.filter((result) => groupOf(result) === group);
}

function row(name, counts) {
  return `| ${name} | ${BEHAVIOURS.map((behaviour) => counts[behaviour]).join(' | ')} |`;
}

function exceptions(results) {
  return BEHAVIOURS.slice(1).flatMap((behaviour) => {
    const cases = results.filter((result) => behaviourOf(result) === behaviour);
    if (cases.length === 0) return [];
    if (behaviour !== 'FAILED') return [`${behaviour}: ${cases.map(({ id }) => id).join(' ')}`];
    return cases.map(
      (failed) => `FAILED ${failed.id} (${failed.behavior}, close ${failed.behaviorClose}): ${failed.detail}`,
    );
  });
}
