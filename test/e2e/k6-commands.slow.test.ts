import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

it('new writes a script that runs, and overwrites an existing one only with --force', { timeout: 60_000 }, async () => {
  const target = new LoadTarget((socket) =>
    socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })),
  );
  await target.start();
  const cwd = await temporaryFolder();
  const created = await runWsg(['loadtest', 'new'], { cwd });
  expect(created.stdout).toBe('New script created: script.js (minimal template).\n');
  const again = await runWsg(['new'], { cwd });
  expect([again.code, again.stderr]).toEqual([2, 'Error: script.js already exists\n--force overwrites it.\n']);
  expect((await runWsg(['new', '-f', 'script.js', '--template', 'protocol'], { cwd })).code).toBe(0);
  await runWsg(['new', 'minimal.js'], { cwd });
  for (const script of ['script.js', 'minimal.js']) {
    const args = [
      'run',
      script,
      '-u',
      '1',
      '-i',
      '1',
      '-q',
      '--no-run',
      '--allow-saturated',
      '-e',
      `WSG_URL=${target.url}`,
    ];
    const { code, stdout, stderr } = await runWsg(args, { cwd });
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/ws_sessions\.+: 1 /);
  }
  await target.stop();
});

it('inspect prints the options of a script, and fails with the exit code of a run', { timeout: 60_000 }, async () => {
  const cwd = await temporaryFolder();
  await writeFile(
    join(cwd, 'a.js'),
    'export const options = { vus: Number(__ENV.N), duration: 5000 }; export default function () {}',
  );
  await writeFile(join(cwd, 'b.js'), 'throw new Error("at once"); export default function () {}');
  const { code, stdout } = await runWsg(['loadtest', 'inspect', '-e', 'N=3', '--execution-requirements', 'a.js'], {
    cwd,
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ vus: 3, maxVUs: 3, totalDuration: '35s', paused: null });
  const failing = await runWsg(['inspect', 'b.js'], { cwd });
  expect([failing.code, failing.stdout]).toEqual([107, '']);
});
