// Measures the start-up time of wsg and of the bare runtime: wall time of whole processes,
// interleaved.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const name = 'start-up';

const ROUNDS = 15;
const LIMIT = 3;
const RUN = join(import.meta.dirname, '../../bin/run.js');
const COMMANDS = [
  { what: 'node -e 0', args: ['-e', '0'] },
  { what: 'wsg --version', args: [RUN, '--version'] },
  { what: 'wsg report --help', args: [RUN, 'report', '--help'] },
];

function timeMs(args) {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - startedAt;
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

export async function measure() {
  for (const { args } of COMMANDS) timeMs(args);
  const times = COMMANDS.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { args }] of COMMANDS.entries()) times[index].push(timeMs(args));
  }
  const bare = median(times[0]);
  const rows = COMMANDS.map(({ what }, index) => {
    const ratio = median(times[index]) / bare;
    const verdict = ratio <= LIMIT ? '' : ' missed';
    return {
      command: what,
      'ms, median': median(times[index]).toFixed(0),
      [`x node -e 0 (at most ${LIMIT})`]: ratio.toFixed(2) + verdict,
    };
  });
  return { title: 'Start-up', rows, notes: [`${ROUNDS} interleaved runs each, after one that is not counted.`] };
}
