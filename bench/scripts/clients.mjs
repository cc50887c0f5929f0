// The clients of this bench, as whole processes: wsg as people type it, the reference, and k6 where
// K6_BIN names it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
// The shell's `time` sees the whole life of a process, threads that ended included.
const TIMED = 'TIMEFORMAT="cpu %U %S"; time "$@"';
const WSG = join(here, '..', '..', 'bin', 'run.js');

/** Which can be started here. */
export function clientNames() {
  return process.env.K6_BIN === undefined ? ['wsg', 'ws'] : ['wsg', 'ws', 'k6'];
}

/**
 * Starts a client on one core. Once it has ended, `result` resolves to what it counted, messages
 * and checks that failed, and to the seconds of CPU that its process used from its start to its
 * end.
 */
export function startClient(name, { url, behaviour, vus, seconds, core }) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-'));
  const summary = join(folder, 'summary.json');
  const command = commandOf(name, { url, behaviour, vus, seconds, summary, folder });
  const args = ['-c', TIMED, 'bash', 'taskset', '-c', String(core), ...command];
  const child = spawn('bash', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (bytes) => (output[stream] += bytes));
  const result = once(child, 'exit').then(([code]) => {
    try {
      if (code !== 0)
        throw new Error(`${name} ended with ${code}: ${output.stdout.slice(-2000)}${output.stderr.slice(-2000)}`);
      const counted = name === 'ws' ? JSON.parse(output.stdout) : readSummary(summary);
      return { ...counted, cpuS: readTimes(output.stderr) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  result.catch(() => undefined);
  return { pid: child.pid, result };
}

function commandOf(name, { url, behaviour, vus, seconds, summary, folder }) {
  if (name === 'ws')
    return [process.execPath, join(here, 'reference-client.mjs'), url, vus, behaviour, seconds].map(String);
  const script = join(here, 'k6', `${behaviour}.js`);
  const shared = [
    '--quiet',
    '--vus',
    vus,
    '--iterations',
    vus,
    '--summary-export',
    summary,
    '--env',
    `WS_URL=${url}`,
    '--env',
    `SECONDS=${seconds}`,
    script,
  ];
  if (name === 'k6') return [process.env.K6_BIN, 'run', ...shared].map(String);
  return [process.execPath, WSG, 'loadtest', '--allow-saturated', '--run', join(folder, 'bench.run'), ...shared].map(
    String,
  );
}

function readSummary(path) {
  const { metrics } = JSON.parse(readFileSync(path, 'utf8'));
  return { messages: metrics.ws_msgs_received?.count ?? 0, wrong: metrics.checks?.fails ?? 0 };
}

function readTimes(stderr) {
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(stderr);
  return Number(user) + Number(system);
}
