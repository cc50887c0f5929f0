import { execFileSync } from 'node:child_process';

/** Builds `dist/` once before the tests: worker threads and the CLI run from there. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
