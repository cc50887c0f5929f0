import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE, exitCodeOfError, strongestExitCode } from '../../src/cli/exit-code.js';
import { WsgError } from '../../src/core/error.js';

describe('exit codes', () => {
  it('are the ones that users build on', () => {
    expect(EXIT_CODE).toEqual({
      ok: 0,
      internal: 1,
      usage: 2,
      regression: 10,
      inconclusive: 12,
      invalidRun: 13,
      targetUnreachable: 14,
      cannotStart: 15,
      thresholdsCrossed: 99,
      setupTimeout: 100,
      teardownTimeout: 101,
      invalidOptions: 104,
      stoppedBySignal: 105,
      scriptException: 107,
      scriptAborted: 108,
      scriptFailed: 110,
      interruptedTwice: 130,
    });
  });

  it('are all listed in docs/reference/errors.md', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/errors.md'), 'utf8');
    const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT_CODE));
  });

  it('follow from the code of an error', () => {
    expect(exitCodeOfError(new WsgError('listen.in-use', 'x'))).toBe(15);
    expect(exitCodeOfError(new WsgError('target.unreachable', 'x'))).toBe(14);
    expect(exitCodeOfError(new WsgError('options.invalid', 'x'))).toBe(104);
    expect(exitCodeOfError(new WsgError('run-file.foreign', 'x'))).toBe(2);
  });

  it('are 1 for anything that is not an error of ours', () => {
    expect(exitCodeOfError(new TypeError('x'))).toBe(1);
    expect(exitCodeOfError('x')).toBe(1);
  });

  it('are 0 when nothing holds', () => {
    expect(strongestExitCode([])).toBe(0);
    expect(strongestExitCode([0, 0])).toBe(0);
  });

  it('yield to the stronger one in the documented order', () => {
    const documented = [130, 105, 108, 107, 100, 101, 104, 14, 1, 110, 99, 13, 15, 2, 10, 12] as const;
    documented.forEach((strong, index) => {
      for (const weak of documented.slice(index)) {
        expect(strongestExitCode([weak, strong])).toBe(strong);
        expect(strongestExitCode([0, strong, weak])).toBe(strong);
      }
    });
  });

  it('never lose one that stands in no order', () => {
    for (const code of Object.values(EXIT_CODE)) expect(strongestExitCode([0, code])).toBe(code);
  });
});
