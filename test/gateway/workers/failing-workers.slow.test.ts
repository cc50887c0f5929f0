import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SupervisedGateway } from '../../support/supervised-gateway.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { runWsg } from '../../support/wsg-process.js';

const LONG = { timeout: 40_000, interval: 50 };

describe('a worker whose event loop hangs', () => {
  it('is named by calls, shown as degraded, killed, and started again', { timeout: 90_000 }, async () => {
    const gateway = await SupervisedGateway.start({ asksSupervisor: true });
    const clients = await gateway.connectToAll(2);
    const held = (await gateway.idsByWorker()).get(1)?.length ?? 0;
    const [hanging] = await gateway.workers();
    process.kill(hanging?.pid ?? 0, 'SIGSTOP');
    const asked = performance.now();
    expect(await gateway.post('/send?foo=bar', 'hello')).toBe(`${clients.length - held}`);
    expect(performance.now() - asked).toBeGreaterThan(900);
    await vi.waitFor(async () => expect((await gateway.workers())[0]?.state).toBe('degraded'), LONG);
    await gateway.process.says(/worker\.hung/);
    await gateway.process.says(new RegExp(`"closes":${held},`));
    await vi.waitFor(async () => expect((await gateway.workers())[0]?.state).toBe('up'), LONG);
    expect(await gateway.post('/send?foo=bar', 'hello')).toBe(`${clients.length - held}`);
  });
});

describe('a plugin of a gateway with workers', () => {
  it('is refused unless it declares perWorker', async () => {
    const { code, stderr } = await runWithPlugin('export function start() {}');
    expect(code).toBe(15);
    expect(stderr).toContain('does not declare perWorker');
  });

  it('that throws again and again ends its workers, and then the gateway', { timeout: 60_000 }, async () => {
    const source = `
      export const perWorker = true;
      export function start() { setTimeout(() => { throw new Error('a defect'); }, 1500); }`;
    const { code, stderr } = await runWithPlugin(source);
    expect(code).toBe(1);
    expect(stderr.match(/"event":"worker.died"/g)).toHaveLength(5);
    expect(stderr).toMatch(/"worker":[12],.*"reason":"a defect".*"event":"gateway.defect"/);
    expect(stderr).toContain('"event":"gateway.stopped"');
  });

  it('that fails in its start ends the start', async () => {
    const { code, stderr } = await runWithPlugin(
      "export const perWorker = true; export function start() { throw new Error('not today'); }",
    );
    expect(code).toBe(15);
    expect(stderr).toContain('not today');
    expect(stderr).not.toContain('gateway.listening');
  });

  it('of devhelpers runs in each worker', { timeout: 60_000 }, async () => {
    const gateway = await SupervisedGateway.start({ config: { plugins: [{ module: 'devhelpers' }] } });
    const started = (worker: number) => gateway.process.says(new RegExp(`"worker":${worker},"module":"devhelpers"`));
    expect(await Promise.all([started(1), started(2)])).toHaveLength(2);
  });
});

async function runWithPlugin(source: string) {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'plugin.mjs'), source);
  const config = {
    listen_addr: '127.0.0.1:0',
    endpoints: [{ path: '/connect' }],
    plugins: [{ module: './plugin.mjs' }],
  };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  return runWsg(['serve', '--workers', '2'], { cwd: folder });
}
