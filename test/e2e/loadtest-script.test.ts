import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/k6-scripts/', import.meta.url));
const QUIET = ['-q', '--no-run', '--allow-saturated'];

let target: LoadTarget;

beforeAll(async () => {
  target = new LoadTarget((socket) => socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })));
  await target.start();
});

afterAll(() => target.stop());

async function runText(text: string, ...flags: readonly string[]): ReturnType<typeof runWsg> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'script.js'), text);
  return runWsg(['loadtest', 'script.js', ...QUIET, ...flags], { cwd });
}

it('runs a script as k6 does, with the word `run` too', async () => {
  const cwd = await temporaryFolder();
  const args = [
    'loadtest',
    'run',
    `${EXAMPLES}chat.js`,
    '--no-run',
    '--allow-saturated',
    '-e',
    `WSG_URL=${target.url}`,
  ];
  const { code, stdout } = await runWsg(args, { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/✓ is a greeting\n {5}✓ status is 101\n/);
  expect(stdout).toMatch(/ws_sessions\.+: 4 /);
  expect(stdout).toMatch(/✓ \{ kind:greeting \}\.+: 4 /);
  expect(stdout).toMatch(/script: .*chat\.js/);
  expect(stdout).toMatch(/\* default: 4 iterations shared among 2 VUs/);
});

it('handleSummary replaces the summary and writes files', async () => {
  const cwd = await temporaryFolder();
  const args = ['loadtest', `${EXAMPLES}custom-metrics.js`, ...QUIET, '-e', `WSG_URL=${target.url}`];
  const { code, stdout } = await runWsg([...args, '-e', 'SUMMARY=deep/own.json'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/✓ payload_bytes\.+: 30 /);
  expect(stdout.match(/payload_bytes/g)).toHaveLength(1);
  expect(JSON.parse(await readFile(join(cwd, 'deep/own.json'), 'utf8'))).toEqual({ bytes: 30 });
});

it('an error in handleSummary is logged, and the default summary printed', async () => {
  const { code, stdout, stderr } = await runText(`
    export default function () {}
    export function handleSummary() { throw new Error('no summary'); }
  `);
  expect(code).toBe(0);
  expect(stderr).toMatch(/Error: no summary/);
  expect(stdout).toMatch(/iterations\.+: 1 /);
});

it('handleSummary gets groups, metrics, options, state and the data of setup', async () => {
  const { stdout, stderr } = await runText(`
    import { check, group } from 'k6';
    export function setup() { return { from: 'setup' }; }
    export default function () { group('g', () => check(1, { c: true })); group('empty', () => group('inner', () => {})); }
    export function handleSummary(data) { return { stdout: JSON.stringify(data) }; }
  `);
  // Nothing else is on standard output, so that it can be piped. Our own sections go to standard
  // error.
  const summary: unknown = JSON.parse(stdout);
  expect(stderr).toContain('generator health');
  expect(summary).toMatchObject({
    root_group: {
      name: '',
      groups: [
        { name: 'g', path: '::g', checks: [{ name: 'c', path: '::g::c', passes: 1 }] },
        { name: 'empty', path: '::empty', checks: [], groups: [{ name: 'inner' }] },
      ],
    },
    options: { summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'] },
    state: { isStdOutTTY: false },
    metrics: { checks: { type: 'rate', values: { rate: 1, passes: 1, fails: 0 } } },
    setup_data: { from: 'setup' },
  });
});

it('prints nothing with --summary-mode disabled, and says on standard error where the run file is', async () => {
  const cwd = await temporaryFolder();
  const path = join(cwd, 'script.js');
  await writeFile(path, 'export default function () {}');
  const args = ['loadtest', path, '-q', '--summary-mode', 'disabled', '--allow-saturated'];
  const { code, stdout, stderr } = await runWsg(args, { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/run file: runs\/.*\.run/);
});

it("the full summary adds up the threads' figures of each scenario and group", async () => {
  const { code, stdout } = await runText(
    `
    import { check, group } from 'k6';
    const once = { executor: 'per-vu-iterations', vus: 2, iterations: 3 };
    export const options = { scenarios: { one: once, two: { ...once, exec: 'two' } } };
    export default function () { group('inside', () => check(1, { c: true })); }
    export function two() {}`,
    '--summary-mode',
    'full',
    '--threads',
    '2',
  );
  expect(code).toBe(0);
  const [total = '', one = '', two = ''] = stdout.split(/ {2}█ SCENARIO: (?:one|two) \n/);
  expect(total).toMatch(/iterations\.+: 12 /);
  expect(one).toMatch(/iterations\.+: 6 [^]*↳ GROUP: inside \n\n {6}checks_total\.+: 6 /);
  expect(two).toMatch(/iterations\.+: 6 /);
  expect(two).not.toContain('GROUP');
});

it('an unhandled rejection is logged, and the run goes on', async () => {
  const { code, stdout, stderr } = await runText(`
    export const options = { iterations: 2 };
    export default function () { Promise.reject(new Error('left alone')); }
  `);
  expect(code).toBe(0);
  expect(stderr.match(/Uncaught \(in promise\) Error: left alone/g)).toHaveLength(2);
  expect(stdout).toMatch(/iterations\.+: 2 /);
});
