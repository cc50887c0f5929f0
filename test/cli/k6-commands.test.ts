import { describe, expect, it } from 'vitest';
import { asksForVersion, takeK6Command } from '../../src/cli/k6-commands.js';

describe("k6's commands", () => {
  it.each([
    [
      ['run', 'a.js', '-u', '2'],
      ['loadtest', 'run', 'a.js', '-u', '2'],
    ],
    [
      ['inspect', 'a.js'],
      ['loadtest', 'inspect', 'a.js'],
    ],
    [
      ['loadtest', 'completion', 'bash'],
      ['completion', 'bash'],
    ],
    [
      ['loadtest', 'help', 'inspect'],
      ['loadtest', 'inspect', '--help'],
    ],
    [
      ['report', 'a.run'],
      ['report', 'a.run'],
    ],
    [
      ['loadtest', './status'],
      ['loadtest', './status'],
    ],
  ])('are taken where wsg has them: %j', (typed, taken) => {
    expect(takeK6Command(typed)).toEqual(taken);
  });

  it.each(['archive', 'cloud', 'login', 'pause', 'resume', 'scale', 'stats', 'status', 'x', 'deps'])(
    'are refused with what to type instead: %s',
    (word) => {
      for (const argv of [
        [word, '-O', 'a.tar'],
        ['loadtest', word],
      ]) {
        expect(() => takeK6Command(argv)).toThrow(
          expect.objectContaining({
            code: 'usage',
            message: expect.stringContaining(`there is no command '${word}'`),
            hint: expect.stringMatching(/`wsg loadtest |--dashboard|executors/),
          }),
        );
      }
    },
  );

  it('ask for the version in each of its forms', () => {
    for (const argv of [['--version'], ['version'], ['loadtest', 'version', '--json']])
      expect(asksForVersion(argv)).toBe(true);
    expect(asksForVersion(['loadtest', 'a.js'])).toBe(false);
  });
});
