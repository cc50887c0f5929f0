// npm run check: format, lint, types, dead code, language and the fast tests, side by side on two
// cores. Prints how long each step took, and the output of those that failed.
import { spawn } from 'node:child_process';

const BUILD = { name: 'build', args: ['tsc', '-p', 'tsconfig.json'] };
const LANES = [
  [
    {
      name: 'tests',
      args: ['vitest', 'run', '--exclude', 'test/e2e/**', '--exclude', 'test/**/*.slow.test.ts'],
      env: { WSG_DIST_IS_BUILT: '1' },
    },
    { name: 'format', args: ['prettier', '--check', '--cache', '--log-level', 'warn', '.'] },
  ],
  [
    { name: 'lint and types', args: ['oxlint', '--type-aware', '--type-check', '--deny-warnings'] },
    { name: 'dead code', args: ['knip'] },
    { name: 'language', args: ['node', 'scripts/language.mjs'] },
  ],
];

function run({ name, args: [command, ...rest], env = {} }) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const program = command === 'node' ? process.execPath : `node_modules/.bin/${command}`;
    const child = spawn(program, rest, { env: { ...process.env, ...env } });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${name} ${seconds} s`);
      if (code !== 0) console.log(Buffer.concat(chunks).toString());
      resolve(code === 0);
    });
  });
}

async function runLane(steps) {
  let hasPassed = true;
  for (const step of steps) hasPassed = (await run(step)) && hasPassed;
  return hasPassed;
}

async function main() {
  const results = (await run(BUILD)) ? await Promise.all(LANES.map(runLane)) : [false];
  process.exitCode = results.every(Boolean) ? 0 : 1;
}

await main();
