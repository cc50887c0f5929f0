import { spawnSync } from 'node:child_process';

/**
 * Builds `dist/` once before the tests, because worker threads and the CLI run from there. A type
 * error is shown and stops no test; `npm test` builds first and fails on it.
 */
export default function setup(): void {
  if (process.env.WSG_DIST_IS_BUILT === '1') return;
  spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
