// Runs every bench, or those named, and writes what they measured to bench/results with machine and
// date.
//   npm run bench                           every bench
//   npm run bench -- recorder               one of them
//   npm run bench -- verdicts [OPTION...]   one of the studies, which write a page of docs/reference
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const here = import.meta.dirname;
const results = join(here, 'results');

/** Programs with options and a page of their own; they run only when named. */
const STUDIES = {
  verdicts: 'verdicts/verdicts.mjs',
  'verdicts-real': 'verdicts/real-runs.mjs',
  'verdicts-trend': 'verdicts/trend.mjs',
};

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    date: new Date().toISOString(),
  };
}

function benches() {
  return readdirSync(here, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && entry.name !== 'results' && readdirSync(join(here, entry.name)).includes('bench.mjs'),
    )
    .map((entry) => entry.name);
}

/** A Markdown table of rows that are objects with the same keys. */
function table(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => String(row[column] ?? '')))),
  ].join('\n');
}

function page(name, result, on) {
  const notes = (result.notes ?? []).map((note) => `- ${note}`).join('\n');
  const where = `${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, Linux ${on.kernel}, Node ${on.node}, ${on.date}`;
  return `# ${result.title}\n\n\`npm run bench -- ${name}\` on ${where}\n\n${table(result.rows)}\n\n${notes}\n`;
}

async function main(names) {
  const known = benches();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const choice = [...known, ...Object.keys(STUDIES)].join(', ');
    console.error(`Unknown bench '${unknown.join("', '")}': name some of ${choice}.`);
    process.exitCode = 2;
    return;
  }
  mkdirSync(results, { recursive: true });
  for (const name of names.length > 0 ? names : known) {
    console.error(`bench: ${name} ...`);
    const { measure } = await import(pathToFileURL(join(here, name, 'bench.mjs')).href);
    const result = await measure();
    if (result.skipped !== undefined) {
      console.error(`bench: ${name}: ${result.skipped}`);
      continue;
    }
    if (result.failed) process.exitCode = 1;
    const on = machine();
    const text = page(name, result, on);
    console.log(text);
    writeFileSync(join(results, `${name}.md`), text);
    writeFileSync(join(results, `${name}.json`), `${JSON.stringify({ name, machine: on, ...result }, null, 2)}\n`);
  }
}

/** Runs a study in this process, as if it had been started by itself. */
async function runStudy(path, options) {
  process.argv.splice(1, Infinity, path, ...options);
  await import(pathToFileURL(path).href);
}

const [first, ...rest] = process.argv.slice(2);
if (Object.hasOwn(STUDIES, first ?? '')) await runStudy(join(here, STUDIES[first]), rest);
else await main(process.argv.slice(2));
