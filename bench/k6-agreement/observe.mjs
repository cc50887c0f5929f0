// One script under one tool, and what there is to see of it: facts by name, so that two tools can
// be compared.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WSG = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const LIMIT_MS = 120_000;
/** Samples of a clock: one a second, however long the machine takes. */
const CLOCKED = ['vus', 'vus_max'];
/**
 * Times measured by wsg or k6; for other times, which scripts take from the clock, it is chance
 * which ones are 0.
 */
const BUILT_IN_TIMES = /^(?:http_req|ws_|iteration_|group_)/;
/** Bytes depend on the headers of each tool. */
const MEASURED = ['data_sent', 'data_received'];

/** Messages of wsg about its own machine. */
const OWN_HEALTH = /an action ran \d+ ms late|^noUsageReport/;

/** Facts of a run: a map from what is looked at to what it was, as text. */
export async function observe(tool, { script, env, args }) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-agreement-'));
  const samples = join(folder, 'samples.json');
  const summary = join(folder, 'summary.json');
  const shared = ['-q', '--out', `json=${samples}`, '--summary-export', summary, ...args];
  for (const [name, value] of Object.entries(env)) shared.push('-e', `${name}=${value}`);
  const command =
    tool === 'k6'
      ? [process.env.K6_BIN, 'run', '--address', '127.0.0.1:0', ...shared, script]
      : [process.execPath, WSG, 'loadtest', '--no-run', '--allow-saturated', '--no-preflight', ...shared, script];
  try {
    const { code, stderr } = await run(command, folder);
    const facts = new Map([['exit code', String(code)]]);
    addLines(facts, stderr);
    addSummary(facts, summary);
    addSamples(facts, samples);
    return { facts, schedule: readSchedule(samples) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run([file, ...args], cwd) {
  const env = file === process.env.K6_BIN ? { ...process.env, K6_NO_USAGE_REPORT: 'true' } : process.env;
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code, signal] = await once(child, 'close');
  return { code: code ?? signal, stderr };
}

/**
 * Collects the output of a script by label: `label: value`. Lines of one label keep their order.
 */
function addLines(facts, stderr) {
  for (const fields of stderr.split('\n').map(logFields)) {
    if (fields.msg === undefined) continue;
    const error = fields.error === undefined ? '' : ` (${fields.error})`;
    // Where in Go or in JavaScript something was thrown differs by nature, and so do the names of
    // their errors.
    const text = fields.msg
      .replace(/\n\s*at [^]*/, '')
      .replaceAll('GoError: ', 'Error: ')
      .trimEnd();
    if (fields.source === 'console' || fields.source === 'stacktrace') {
      const colon = text.indexOf(': ');
      append(
        facts,
        `${fields.level} ${colon < 0 ? text : text.slice(0, colon)}`,
        colon < 0 ? text : text.slice(colon + 2),
      );
    } else if (fields.level !== 'debug' && !OWN_HEALTH.test(text))
      append(facts, 'log', `${fields.level} ${text}${error}`);
  }
}

function append(facts, name, value) {
  const before = facts.get(name);
  facts.set(name, before === undefined ? value : `${before}\n${value}`);
}

/** Fields of a line of logfmt. */
function logFields(line) {
  const fields = {};
  for (const [, name, value] of line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g)) {
    fields[name] ??= value.startsWith('"') ? unquoted(value) : value;
  }
  return fields;
}

/** Go and JavaScript write control characters differently. */
function unquoted(text) {
  const standard = text
    .replace(/\\x([0-9a-f]{2})/gi, '\\u00$1')
    .replaceAll('\\a', '\\u0007')
    .replaceAll('\\v', '\\u000b');
  try {
    return JSON.parse(standard);
  } catch {
    return text;
  }
}

function addSummary(facts, file) {
  if (!existsSync(file)) return;
  const { metrics, root_group: root } = JSON.parse(readFileSync(file, 'utf8'));
  addChecks(facts, root);
  for (const [name, { thresholds }] of Object.entries(metrics)) {
    for (const [expression, isCrossed] of Object.entries(thresholds ?? {})) {
      facts.set(`threshold ${name} ${expression}`, isCrossed ? 'crossed' : 'held');
    }
  }
  facts.set(
    'metrics of the summary',
    Object.keys(metrics)
      .filter((name) => !CLOCKED.includes(name))
      .toSorted()
      .join(' '),
  );
}

function addChecks(facts, group) {
  for (const { path, passes, fails } of Object.values(group.checks ?? {})) {
    facts.set(`check ${path}`, `${passes} passed, ${fails} failed`);
  }
  for (const inner of Object.values(group.groups ?? {})) addChecks(facts, inner);
}

/**
 * Collects the kind of each metric, and for each set of tags the number of samples, their sum, and
 * the number of zeros.
 */
function addSamples(facts, file) {
  if (!existsSync(file)) return;
  const kinds = new Map();
  const sums = new Map();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { type, metric, data } = JSON.parse(line);
    if (type === 'Metric') kinds.set(metric, data);
    else if (!CLOCKED.includes(metric)) addSample(sums, metric, data);
  }
  for (const { metric, tags, count, sum, zeros } of [...sums.values()].toSorted((a, b) =>
    a.metric < b.metric ? -1 : 1,
  )) {
    const { type, contains } = kinds.get(metric) ?? {};
    facts.set(`metric ${metric}`, `${type} of ${contains}`);
    // The samples of one request or session in many metrics are one fact.
    const isOfRequest = /^(?:http_req|ws_)/.test(metric);
    append(
      facts,
      `samples ${isOfRequest ? metric.split('_')[0] : metric} {${tags}}`,
      [...(isOfRequest ? [`${metric}:`] : []), count, ...shownValue({ metric, contains, sum, zeros })].join(' '),
    );
  }
}

function shownValue({ metric, contains, sum, zeros }) {
  if (MEASURED.includes(metric)) return [];
  if (contains === 'time' && !BUILT_IN_TIMES.test(metric)) return [];
  return contains === 'time' ? [`(${zeros} of 0)`] : [`(together ${Number(sum.toPrecision(12))})`];
}

function addSample(sums, metric, { value, tags }) {
  const text = Object.entries(tags ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => `${key}=${of}`)
    .join(' ');
  const name = `${metric} {${text}}`;
  const known = sums.get(name) ?? { metric, tags: text, count: 0, sum: 0, zeros: 0 };
  known.count += 1;
  known.sum += value;
  known.zeros += value === 0 ? 1 : 0;
  sums.set(name, known);
}

/**
 * When iterations started, by scenario, in milliseconds from the start of the test; how many ended
 * or were dropped; the most virtual users.
 */
function readSchedule(file) {
  const starts = new Map();
  let mostUsers = 0;
  let dropped = 0;
  let completed = 0;
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    if (!line.includes('"Point"')) continue;
    const { metric, data } = JSON.parse(line);
    if (metric === 'vus') mostUsers = Math.max(mostUsers, data.value);
    if (metric === 'dropped_iterations') dropped += data.value;
    if (metric === 'iterations') completed += data.value;
    if (metric === 'at') starts.set(data.tags.scenario, [...(starts.get(data.tags.scenario) ?? []), data.value]);
  }
  return { starts, mostUsers, dropped, completed };
}
