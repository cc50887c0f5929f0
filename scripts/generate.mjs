// npm run generate: writes what follows from the sources and is held by a test: lint's import rules
// and the picture of the floors, both from floors.mjs, the JSON schema of comparisons, and the table
// of options. oclif's manifest comes after it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { floorsPicture } from './floors-picture.mjs';
import { importRules } from './import-rules.mjs';

const ROOT = join(import.meta.dirname, '..');

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

writeFileSync(join(ROOT, '.oxlintrc.imports.json'), importRules(ROOT));
writeFileSync(join(ROOT, 'docs/pictures/floors.svg'), floorsPicture());
run(process.execPath, ['scripts/write-schema.mjs']);
run(process.execPath, ['scripts/write-options.mjs']);
