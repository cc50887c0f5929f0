import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE, exitCodeOfError } from '../../src/cli/exit-code.js';
import { ERROR_CATALOGUE, WsgError, type ErrorCode } from '../../src/core/error.js';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/errors.md'), 'utf8');

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, text);
}

describe('docs/reference/errors.md', () => {
  it('gives each error the exit code that it ends with', () => {
    const rows = [...page.matchAll(/^\| `([a-z.-]+)` \| .+ \| (\d+) \|$/gm)];
    const wrong = rows.filter(([, code = '', exit]) => {
      return !isCode(code) || exitCodeOfError(new WsgError(code, 'x')) !== Number(exit);
    });
    expect(rows).toHaveLength(Object.keys(ERROR_CATALOGUE).length);
    expect(wrong.map((row) => row[1])).toEqual([]);
  });

  it('names only exit codes that there are', () => {
    const named = [...page.matchAll(/^\| (\d+) \| /gm)].map((row) => Number(row[1]));
    const known: readonly number[] = Object.values(EXIT_CODE);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((code) => !known.includes(code))).toEqual([]);
  });
});
