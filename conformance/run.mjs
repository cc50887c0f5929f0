// npm run conformance -- NAME [OPTION...]: runs the harness conformance/NAME/run.mjs with its
// options. Without a name it lists the harnesses.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const harnesses = readdirSync(here).filter((name) => existsSync(join(here, name, 'run.mjs')));
const [name, ...options] = process.argv.slice(2);

if (harnesses.includes(name)) {
  // In this process, so that a signal reaches the harness first.
  const path = join(here, name, 'run.mjs');
  process.argv.splice(1, Infinity, path, ...options);
  await import(path);
} else {
  const problem = name === undefined ? 'Name a harness' : `Unknown harness '${name}'`;
  console.error(`${problem}: npm run conformance -- ${harnesses.join('|')} [OPTION...]`);
  process.exitCode = 2;
}
