import { describe, expect, it } from 'vitest';
import { isOclifError, usageError } from '../../src/cli/oclif-error.js';

describe('usageError', () => {
  it('keeps the sentence, makes problems of further lines, and replaces the hint', () => {
    const error = new Error('Missing 1 required arg:\nrun  the run file\nSee more help with --help');
    const usage = usageError(error, 'report');
    expect(usage.code).toBe('usage');
    expect(usage.message).toBe('Missing 1 required arg:');
    expect(usage.problems).toEqual(['run  the run file']);
    expect(usage.hint).toBe('`wsg report --help` shows what there is.');
  });

  it('is only for what oclif threw', () => {
    expect(isOclifError(new Error('x'))).toBe(false);
    expect(isOclifError(Object.assign(new Error('x'), { oclif: { exit: 2 } }))).toBe(true);
  });
});
