// Lints the workflow of examples/ci with actionlint, which has to be there: `go install
// github.com/rhysd/actionlint/cmd/actionlint@latest`, or a binary that ACTIONLINT names.
//   npm run conformance -- ci-files
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const program = process.env.ACTIONLINT ?? 'actionlint';
const file = join(import.meta.dirname, '../../examples/ci/github-actions.yml');
const { status, error, stdout, stderr } = spawnSync(program, ['-no-color', file], { encoding: 'utf8' });
if (error !== undefined) {
  console.error(
    `${program} cannot be started (${error.message}): \`go install github.com/rhysd/actionlint/cmd/actionlint@latest\`, or name it with ACTIONLINT.`,
  );
  process.exitCode = 2;
} else {
  process.stdout.write(stdout + stderr);
  console.log(status === 0 ? 'the workflow holds' : 'the workflow does not hold');
  process.exitCode = status ?? 1;
}
