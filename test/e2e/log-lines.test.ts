import { expect, it } from 'vitest';
import { runScriptFiles } from '../support/script-files.js';
import { runWsg } from '../support/wsg-process.js';

/**
 * A script that writes with console, fails an iteration and crosses a threshold: log lines of each
 * origin.
 */
const TALKING = {
  'talking.js': `
    export const options = { thresholds: { iterations: ['count>5'] }, unheardOf: 1 };
    export default function () { console.log('said'); console.debug('detail'); throw new Error('failed'); }
  `,
};

it('writes warnings, console lines and errors as logfmt, one per line', async () => {
  const { code, stderr } = await runScriptFiles(TALKING);
  expect(code).toBe(99);
  const lines = stderr.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^time="[^"]+Z" level=(info|warning|error) msg=/);
  for (const text of ['unheardOf', 'said', 'Error: failed', 'thresholds on metrics'])
    expect(lines.filter((line) => line.includes(text))).toHaveLength(1);
});

it('writes one JSON object per line with --log-format json, also for errors before the run', async () => {
  const running = await runScriptFiles(TALKING, '--log-format', 'json', '-v');
  const refused = await runWsg(['loadtest', '--vus', 'x', '--log-format', 'json']);
  const mistyped = await runWsg(['loadtest', '--nonsense', '--log-format=json']);
  const [first = [], ...others] = [running, refused, mistyped].map(({ stderr }) =>
    stderr
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  );
  expect(first).toContainEqual(expect.objectContaining({ level: 'debug', msg: 'detail', source: 'console' }));
  for (const lines of others)
    expect(lines).toEqual([expect.objectContaining({ level: 'error', hint: expect.stringMatching(/--help/) })]);
  expect([running.code, refused.code, mistyped.code]).toEqual([99, 104, 2]);
});
