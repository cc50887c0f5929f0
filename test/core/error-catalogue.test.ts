import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/core/error.js';

const root = resolve(import.meta.dirname, '../..');

describe('the error catalogue', () => {
  it('is what docs/reference/errors.md lists', () => {
    const page = readFileSync(resolve(root, 'docs/reference/errors.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z.-]+)` \| (.+?) \|/gm)].map((match) => [match[1], match[2]]);
    expect(Object.fromEntries(rows)).toEqual(ERROR_CATALOGUE);
  });

  it.each(Object.keys(ERROR_CATALOGUE))('has %s raised somewhere in src', (code) => {
    const uses = execFileSync('git', ['grep', '-lF', `'${code}'`, '--', 'src'], { cwd: root, encoding: 'utf8' });
    const raising = uses
      .split('\n')
      .filter((file) => file !== '' && !file.includes('error-catalogue') && !file.startsWith('src/cli/exit-code'));
    expect(raising).not.toEqual([]);
  });
});
