// Makes the picture of README.md from two real runs: an echo server, and one whose
// answers take 7 ms instead of 5. Needs Linux and `script` of util-linux, which gives wsg a terminal.
//   npm run build && node scripts/picture.mjs          about a minute, on a quiet machine
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { drawTerminal } from './terminal-svg.mjs';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'docs/pictures/run-and-verdict.svg');
const SERVER = join(ROOT, 'examples/ci/test-server.mjs');
const ADDRESS = 'ws://127.0.0.1:8080/';
const LOAD = `wsg loadtest --scenario echo --url ${ADDRESS} --vus 20 --rate 500 --duration 30s`;
const COLUMNS = 138;
/** Erases a line from the cursor on. */
const ERASE = '\u001b[K';

/** Runs a command in a terminal of that many columns; returns its lines and its exit code. */
function inTerminal(command, cwd) {
  const env = { ...process.env, PATH: `${cwd}/bin${delimiter}${process.env.PATH}`, TERM: 'xterm-256color' };
  const args = ['-qec', `stty cols ${COLUMNS} rows 60; ${command}`, '/dev/null'];
  const { stdout, status } = spawnSync('script', args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
  // Leaves out what was erased again, such as progress.
  const lines = stdout.split('\r\n').map((line) => line.split(ERASE).at(-1));
  return { lines, status };
}

/** Runs the load against a server with this delay; returns what the terminal showed. */
async function load(delayMs, run, cwd) {
  const env = { ...process.env, TARGET: ADDRESS, DELAY_MS: String(delayMs) };
  const server = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(createInterface({ input: server.stdout }), 'line');
    const { lines, status } = inTerminal(`${LOAD} --run ${run}`, cwd);
    if (status !== 0) throw new Error(`${run} ended with ${status}:\n${lines.slice(-30).join('\n')}`);
    return lines;
  } finally {
    server.kill();
  }
}

/** The lines from the first one that matches to the last before the next one that matches. */
function between(lines, from, to) {
  const start = lines.findIndex((line) => from.test(line));
  const length = lines.slice(start).findIndex((line) => to.test(line));
  if (start < 0 || length < 0) throw new Error(`no lines between ${from} and ${to}`);
  return lines.slice(start, start + length);
}

const prompt = (command) => `\u001b[32m$\u001b[39m \u001b[1m${command}\u001b[22m`;
const left = '\u001b[2m...\u001b[22m';

async function main() {
  const cwd = mkdtempSync(join(tmpdir(), 'wsg-picture-'));
  try {
    const bin = join(cwd, 'bin');
    mkdirSync(bin);
    symlinkSync(join(ROOT, 'bin/run.js'), join(bin, 'wsg'));
    await load(5, 'base.run', cwd);
    const summary = await load(7, 'new.run', cwd);
    const report = inTerminal('wsg report base.run new.run', cwd);
    const lines = [
      prompt(`${LOAD} --run new.run`),
      left,
      ...between(summary, /latency/, /^run file:/),
      prompt('wsg report base.run new.run'),
      ...between(report.lines, /\S/, /^└/),
      report.lines.find((line) => line.startsWith('└')),
      left,
      prompt('echo $?'),
      String(report.status),
    ];
    writeFileSync(
      TARGET,
      drawTerminal(lines, 'wsg loadtest: latencies and the health of the generator; wsg report: a verdict'),
    );
    console.log(lines.join('\n'));
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

await main();
