import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../../src');
const VALUE_IMPORT = /^(?:import|export) (?!type )[^;]*? from '([^']+)'/gms;

/** The packages that a file loads when it is imported, and the files of src that it loads. */
function loadedBy(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(VALUE_IMPORT)) {
      if (from.startsWith('.')) visit(join(dirname(file), from).replace(/\.js$/, '.ts'));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  visit(join(SRC, entry));
  return { files, packages };
}

it('a load thread without a script loads neither the modules of k6 nor their libraries', () => {
  expect([...loadedBy('loadgen/thread/worker.ts').packages]).toEqual(['ws']);
});

it('a load thread with a script loads them', () => {
  expect([...loadedBy('loadgen/thread/script-load.ts').packages]).toContain('parse5');
});
