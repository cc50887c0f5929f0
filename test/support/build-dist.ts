import { spawnSync } from 'node:child_process';

/**
 * Builds `dist/` once before the tests: worker threads and the CLI run from there. A type error is
 * shown and does not stop the tests of what it does not touch; `npm test` has failed on it before.
 */
export default function setup(): void {
  if (process.env.WSG_DIST_IS_BUILT === '1') return;
  spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
