import { describe, expect, it } from 'vitest';
import { reportError } from '../../src/cli/report-error.js';
import { WsgError } from '../../src/core/error.js';
import { recordingOutput } from '../support/recording-output.js';

const PLAIN = { json: false, showStack: false };

describe('reportError', () => {
  it('prints the sentence, each problem and the way out, and gives the exit code', () => {
    const output = recordingOutput();
    const error = new WsgError('options.invalid', 'The options are wrong.', { problems: ['a', 'b'], hint: 'Do this.' });
    expect(reportError(error, output, PLAIN)).toBe(104);
    expect(output.stderr.text()).toBe('Error: The options are wrong.\n  - a\n  - b\nDo this.\n');
    expect(output.stdout.text()).toBe('');
  });

  it('gives programs one JSON object on standard output', () => {
    const output = recordingOutput();
    reportError(new WsgError('listen.in-use', 'Taken.'), output, { json: true, showStack: false });
    expect(JSON.parse(output.stdout.text())).toEqual({
      error: { code: 'listen.in-use', message: 'Taken.', problems: [], exitCode: 15 },
    });
    expect(output.stderr.text()).toBe('Error: Taken.\n');
  });

  it('explains that there are too few open files, wherever that struck', () => {
    const output = recordingOutput();
    const error = Object.assign(new Error('EMFILE: too many open files, open a.js'), { code: 'EMFILE' });
    expect(reportError(error, output, PLAIN)).toBe(15);
    expect(output.stderr.text()).toMatch(/^Error: .*The limit on open files[^]*ulimit -n/);
  });

  it('calls anything else a defect, and shows its stack only when asked', () => {
    const error = new TypeError('x is undefined');
    const quiet = recordingOutput();
    expect(reportError(error, quiet, PLAIN)).toBe(1);
    expect(quiet.stderr.text()).toContain('This is a defect in wsg itself.');
    expect(quiet.stderr.text()).not.toContain('report-error.test');
    const verbose = recordingOutput();
    reportError(error, verbose, { json: false, showStack: true });
    expect(verbose.stderr.text()).toContain('report-error.test');
  });
});
