// Whether scripts do under wsg what they do under k6, which K6_BIN names: console, checks, samples
// with their tags, thresholds, exit codes, and when iterations start. A difference that `known.mjs`
// does not explain fails the bench.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compareFacts, compareSchedules } from './compare.mjs';
import { observe } from './observe.mjs';
import { SCHEDULES } from './schedules.mjs';
import { startServer } from './server.mjs';
import { startUglyServer, UGLY_HTTP, UGLY_WEBSOCKET } from './ugly-server.mjs';

export const name = 'k6-agreement';

const here = import.meta.dirname;
/** Those that import what k6 1.3 has without a network. */
const EXAMPLES = ['binary.js', 'chat.js', 'live-view.js', 'socket-io.js'];
/**
 * Differences in timing are measured again before they count, since other work on the machine
 * delays either tool.
 */
const ATTEMPTS = Number(process.env.ATTEMPTS ?? 3);

function scriptCases() {
  const own = readdirSync(join(here, 'scripts'))
    .filter((file) => file.endsWith('.js') && file !== 'schedule.js')
    .map((file) => ({ name: file.replace(/\.js$/, ''), script: join(here, 'scripts', file) }));
  const examples = EXAMPLES.map((file) => ({
    name: `examples/${file}`,
    script: join(here, '../../examples/k6-scripts', file),
  }));
  return [...own, ...examples];
}

function environment(plain, ugly, script) {
  const paths = script.includes('ugly-http') ? UGLY_HTTP : UGLY_WEBSOCKET;
  return {
    PLAIN: plain.plain,
    SECURE: plain.secure,
    UGLY: ugly.host,
    WSG_URL: `ws://${plain.plain}/echo`,
    LIVE_URL: `http://${plain.plain}/counter`,
    PATHS: paths.join(','),
  };
}

async function runScript({ name: title, script, env: own = {} }, servers) {
  const env = { ...environment(servers.plain, servers.ugly, script), ...own };
  const [k6, wsg] = [await observe('k6', { script, env, args: [] }), await observe('wsg', { script, env, args: [] })];
  return { title, ...compareFacts(title, k6.facts, wsg.facts) };
}

async function runSchedule(shape) {
  const env = { OPTIONS: JSON.stringify(shape.options), SECONDS: String(shape.seconds) };
  const script = join(here, 'scripts', 'schedule.js');
  const [k6, wsg] = [await observe('k6', { script, env, args: [] }), await observe('wsg', { script, env, args: [] })];
  return { title: shape.name, ...compareSchedules(shape, k6, wsg) };
}

async function untilExplained(run) {
  for (let attempt = 1; ; attempt += 1) {
    const result = await run();
    if (attempt === ATTEMPTS || result.differences.every(({ why }) => why !== undefined)) return result;
  }
}

function row({ title, agreed, differences }) {
  const unexplained = differences.filter(({ why }) => why === undefined).length;
  return {
    script: title,
    agreed,
    'differ, explained': differences.length - unexplained,
    'differ, not explained': unexplained,
  };
}

const clipped = (text = '(nothing)') => (text.length > 300 ? `${text.slice(0, 300)}…` : text).replaceAll('\n', ' ⏎ ');

/** Runs the cases whose name holds one of these texts, with commas between them, or all. */
export async function measure(only = process.env.ONLY ?? '') {
  const { K6_BIN } = process.env;
  if (K6_BIN === undefined) return { skipped: 'K6_BIN names no k6; nothing was compared' };
  const version = execFileSync(K6_BIN, ['version'], { encoding: 'utf8' }).split(' (')[0].trim();
  const isWanted = ({ name: title }) => only.split(',').some((part) => title.includes(part));
  const servers = { plain: await startServer(), ugly: await startUglyServer() };
  const results = [];
  try {
    for (const one of scriptCases().filter(isWanted)) results.push(await untilExplained(() => runScript(one, servers)));
    for (const shape of SCHEDULES.filter(isWanted)) results.push(await untilExplained(() => runSchedule(shape)));
  } finally {
    servers.plain.stop();
    servers.ugly.stop();
  }
  const differences = results.flatMap((result) => result.differences);
  const unexplained = differences.filter(({ why }) => why === undefined);
  for (const { script, fact, k6, wsg } of unexplained) {
    console.error(`${script}: ${fact}\n    k6  ${clipped(k6)}\n    wsg ${clipped(wsg)}`);
  }
  return {
    title: 'Agreement with k6',
    rows: results.map(row),
    notes: notesOf({ version, results, differences }),
    failed: unexplained.length > 0,
  };
}

function notesOf({ version, results, differences }) {
  const agreed = results.reduce((sum, result) => sum + result.agreed, 0);
  const reasons = byReason(differences);
  return [
    `${version}. Compared are the exit code, what scripts say on the console and the log says, checks, samples with all of their tags and their sums, thresholds, names of metrics; of the shapes of executors when iterations start, how many complete, are interrupted and dropped. Facts that agree: ${agreed}.`,
    ...[...reasons].map(
      ([why = 'Not explained.', list]) =>
        `${why} (${list.length} times, such as ${clipped(list[0].script)}: ${clipped(list[0].fact).slice(0, 90)})`,
    ),
  ];
}

function byReason(differences) {
  const groups = new Map();
  for (const difference of differences) groups.set(difference.why, [...(groups.get(difference.why) ?? []), difference]);
  return groups;
}
