// Compares the facts of two runs of a script.
import { KNOWN } from './known.mjs';

/** Tolerance of points in time: both tools start processes and share the machine. */
const NEAR_MS = 250;
const HOSTS = /(?:127\.0\.0\.1|localhost):\d{4,5}/g;

/**
 * Facts that are the same, and those that differ, each with the sentence that explains it or
 * without.
 */
export function compareFacts(name, k6, wsg) {
  const names = [...new Set([...k6.keys(), ...wsg.keys()])];
  const differing = names.filter((fact) => shown(k6.get(fact)) !== shown(wsg.get(fact)));
  const differences = differing.map((fact) => {
    const difference = { script: name, fact: shown(fact), k6: shown(k6.get(fact)), wsg: shown(wsg.get(fact)) };
    return { ...difference, why: explanation(difference) };
  });
  return { agreed: names.length - differing.length, differences };
}

/** Without ports: the local one is another each time. */
function shown(text) {
  return text?.replaceAll(HOSTS, 'HOST').replace(/HOST->HOST/g, 'HOST');
}

function explanation({ script, fact, k6 = '', wsg = '' }) {
  return KNOWN.find(
    (known) =>
      (known.script === undefined || known.script.test(script)) &&
      known.fact.test(fact) &&
      (known.k6 === undefined || known.k6.test(k6)) &&
      (known.wsg === undefined || known.wsg.test(wsg)),
  )?.why;
}

/**
 * The same of when iterations started: counts that are to be equal, and moments that are to be near
 * each other.
 */
export function compareSchedules({ name, loose = 0 }, k6, wsg) {
  const rows = [
    ['most virtual users', k6.schedule.mostUsers, wsg.schedule.mostUsers, 1],
    ['dropped iterations', k6.schedule.dropped, wsg.schedule.dropped, loose],
    ['completed iterations', k6.schedule.completed, wsg.schedule.completed, loose],
    ['exit code', Number(k6.facts.get('exit code')), Number(wsg.facts.get('exit code')), 0],
  ];
  const scenarios = [...new Set([...k6.schedule.starts.keys(), ...wsg.schedule.starts.keys()])];
  for (const scenario of scenarios)
    rows.push(...startRows(scenario, loose, k6.schedule.starts.get(scenario), wsg.schedule.starts.get(scenario)));
  const differences = rows
    .filter(([, a, b, within]) => !(Math.abs(a - b) <= within))
    .map(([fact, a, b]) => ({ script: name, fact, k6: String(a), wsg: String(b), why: undefined }));
  return { agreed: rows.length - differences.length, differences };
}

function startRows(scenario, loose, k6 = [], wsg = []) {
  const [a, b] = [k6.toSorted((x, y) => x - y), wsg.toSorted((x, y) => x - y)];
  const at = (list, share) => list[Math.round(share * (list.length - 1))] ?? Number.NaN;
  return [
    [`starts of ${scenario}`, a.length, b.length, loose],
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => [
      `${100 * share} % of the starts of ${scenario}, ms`,
      Math.round(at(a, share)),
      Math.round(at(b, share)),
      NEAR_MS,
    ]),
  ];
}
