import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

/** Makes a folder with these options in `k6.json`. */
async function folderWith(options: object): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'k6.json'), JSON.stringify(options));
  return cwd;
}

/** Starts a server that sends a greeting; resolves with its WebSocket URL. */
async function startGreeter(): Promise<string> {
  const target = new LoadTarget((socket, server) => server.send(socket, 'hello'));
  await target.start();
  onTestFinished(() => target.stop());
  return target.url;
}

describe('wsg loadtest', () => {
  it('prints the plan of a file with --inspect --json, and runs nothing', async () => {
    const stages = [{ duration: '1m', target: 5 }];
    const cwd = await folderWith({ scenarios: { up: { executor: 'ramping-vus', stages } }, tags: { a: 'b' } });
    const { code, stdout, stderr } = await runWsg(['loadtest', '-c', 'k6.json', '--inspect', '--json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ tags: { a: 'b' }, scenarios: [{ name: 'up', startVus: 1 }] });
  });

  it('names all problems of a file with their paths, and ends with 104', async () => {
    const cwd = await folderWith({
      scenarios: { a: { executor: 'constant-vus', vus: 0 } },
      thresholds: { no: ['p<1'] },
    });
    const { code, stderr } = await runWsg(['loadtest', '--config', 'k6.json'], { cwd });
    expect(code).toBe(104);
    for (const path of ['scenarios.a.vus (k6.json)', 'scenarios.a.duration (k6.json)', 'thresholds.no[0] (k6.json)']) {
      expect(stderr).toContain(`  - ${path}: `);
    }
  });

  it('judges thresholds on tags, ends with 99, and its run file has the same results', async () => {
    const thresholds = { 'ws_msgs_received{kind:open}': ['count==4'], ws_sessions: ['count>4', 'count<9'] };
    const a = { executor: 'per-vu-iterations', vus: 4, maxDuration: '1s', gracefulStop: '0s', tags: { kind: 'open' } };
    const cwd = await folderWith({ scenarios: { a }, thresholds });
    const url = await startGreeter();
    const flags = [
      '--config',
      'k6.json',
      '--url',
      url,
      '--run',
      'a.run',
      '--allow-saturated',
      '--summary-mode',
      'compact',
    ];
    const { code, stdout, stderr } = await runWsg(['loadtest', ...flags], { cwd });
    expect(code).toBe(99);
    expect(stderr).toContain("thresholds on metrics 'ws_sessions' have been crossed");
    for (const line of ["✓ 'count==4' count=4", "✗ 'count>4' count=4", "✓ 'count<9' count=4"]) {
      expect(stdout).toContain(line);
    }
    const report = await runWsg(['report', 'a.run', '--json'], { cwd });
    expect(report.code).toBe(0);
    expect(JSON.parse(report.stdout).metrics).toMatchObject({
      'ws_msgs_received{kind:open}': { values: { count: 4 }, thresholds: { 'count==4': { ok: true } } },
      ws_sessions: { thresholds: { 'count>4': { ok: false }, 'count<9': { ok: true } } },
    });
  });
});
