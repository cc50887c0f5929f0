// Plays a pull request on this machine: keeps baselines of a main branch, then compares a change that is not slower and
// one that is. Ends with 0 when the first one passes and the second one is found.
//
//   node examples/ci/pull-request.mjs        takes about a minute; WSG names another wsg, SECONDS the length of a run (6)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const WSG = process.env.WSG ?? join(here, '..', '..', 'bin', 'run.js');
const SECONDS = process.env.SECONDS ?? '6';
const BASELINES = 4;
const BASE_DELAY_MS = 20;
const SLOW_DELAY_MS = 40;
/** Attempts at a run: one whose generator was the bottleneck is repeated. */
const TRIES = 5;
const INVALID = 13;
const REGRESSION = 10;

const folder = mkdtempSync(join(tmpdir(), 'wsg-pull-request-'));
copyFileSync(join(here, 'wsg.gates.yml'), join(folder, 'wsg.gates.yml'));

function wsg(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WSG, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs the server of a branch and a load test against it. */
async function loadTest(run, delayMs) {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const target = `ws://127.0.0.1:${await freePort()}/`;
    const env = { ...process.env, TARGET: target, DELAY_MS: String(delayMs) };
    const server = spawn(process.execPath, [join(here, 'test-server.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(server.stdout, 'data');
    const load = ['--vus', '10', '--rate', '50', '--duration', `${SECONDS}s`];
    const path = `${run}-${attempt}.run`;
    const { status, stderr, stdout } = wsg(
      'loadtest',
      '--scenario',
      'echo',
      '--url',
      target,
      ...load,
      '--run',
      path,
      '-q',
    );
    server.kill();
    await once(server, 'exit');
    if (status === 0) return path;
    if (status !== INVALID) throw new Error(`the load test ended with ${status}: ${stdout}${stderr}`);
    console.log(`  (the generator was the bottleneck: trying again)`);
  }
  throw new Error(`the generator was the bottleneck ${TRIES} times: this machine is too busy`);
}

/** Compares a run with the baselines. Each run has another port, so targets may differ. */
function compare(run, name) {
  const files = ['--output', `${name}.md`, '--output', `${name}.html`, '--output', `${name}.xml`];
  const { status, stdout, stderr } = wsg(
    'report',
    run,
    '--baseline',
    'main',
    '--allow-different',
    'target,plan',
    ...files,
  );
  console.log(stdout, stderr);
  console.log(`as a comment: ${readFileSync(join(folder, `${name}.md`), 'utf8').split('\n')[0]}\n`);
  return status;
}

try {
  console.log(`main: ${BASELINES} runs are kept as baseline`);
  for (let run = 1; run <= BASELINES; run += 1) {
    const { stdout } = wsg('report', 'save', await loadTest(`main-${run}`, BASE_DELAY_MS), '--as', 'main');
    console.log(`  ${stdout.trim()}`);
  }
  console.log('\na change that is not slower:');
  const good = compare(await loadTest('good', BASE_DELAY_MS), 'good');
  console.log(`a change that answers after ${SLOW_DELAY_MS} instead of ${BASE_DELAY_MS} ms:`);
  const slow = compare(await loadTest('slow', SLOW_DELAY_MS), 'slow');
  console.log(`the good change ended with ${good}, wanted 0; the slow one with ${slow}, wanted ${REGRESSION}`);
  process.exitCode = good === 0 && slow === REGRESSION ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
