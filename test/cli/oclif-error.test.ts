import { describe, expect, it } from 'vitest';
import { isOclifError, unknownCommand, usageError } from '../../src/cli/report-error.js';

describe('usageError', () => {
  it('keeps the sentence, makes problems of further lines, and replaces the hint', () => {
    const error = new Error('Missing 1 required arg:\nrun  the run file\nSee more help with --help');
    const usage = usageError(error, 'report');
    expect(usage.code).toBe('usage');
    expect(usage.message).toBe('Missing 1 required arg:');
    expect(usage.problems).toEqual(['run  the run file']);
    expect(usage.hint).toBe('`wsg report --help` shows the available flags.');
  });

  it('is only for what oclif threw', () => {
    expect(isOclifError(new Error('x'))).toBe(false);
    expect(isOclifError(Object.assign(new Error('x'), { oclif: { exit: 2 } }))).toBe(true);
  });
});

describe('unknownCommand', () => {
  const missing = (id: string): string => {
    const error = unknownCommand(new Error(`command ${id} not found`), ['loadtest', 'outbox list', 'serve']);
    return [error.code, error.message, error.hint].join(' | ');
  };

  it('names the command that was typed, and the nearest that there is', () => {
    expect(missing('outbox:lst')).toBe(
      "usage | wsg has no command 'outbox lst'. | Did you mean `wsg outbox list`? `wsg --help` lists the commands.",
    );
  });

  it('guesses nothing where nothing is near', () => {
    expect(missing('zzzzzz')).toBe("usage | wsg has no command 'zzzzzz'. | `wsg --help` lists the commands.");
  });

  it('leaves other errors of oclif as they are', () => {
    expect(unknownCommand(new Error('Unexpected argument: x'), []).message).toBe('Unexpected argument: x');
  });
});
