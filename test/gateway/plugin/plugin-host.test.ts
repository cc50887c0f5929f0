import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../../../src/gateway/bus/local-bus.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import { PluginHost } from '../../../src/gateway/plugin/plugin-host.js';
import { idleSocket } from '../../support/idle-socket.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testEndpoint } from '../../support/test-endpoint.js';

async function hostOf(modules: readonly string[], files: Readonly<Record<string, string>> = {}, options = {}) {
  const baseDir = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(baseDir, name, '..'), { recursive: true });
    writeFileSync(join(baseDir, name), text);
  }
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const delivery = new Delivery({ registry });
  const bus = new LocalBus({ node: '0001', registry, delivery });
  bus.deliverThrough({ publish: () => undefined });
  await bus.start();
  const log = new RecordingLogger();
  const plugins = modules.map((module) => ({ module, options }));
  const host = new PluginHost({ plugins, baseDir, connections: bus.local, log, stopTimeoutMs: 20 });
  return { host, log, registry, delivery, bus };
}

const SENDER = `
  export function start({ connections, select, broadcast, log, options }) {
    for (const connection of connections) connection.setTag('greeted', 'yes');
    const greeted = select({ greeted: 'yes' });
    log.info('sender.sent', { count: broadcast(greeted, options.text), size: greeted.size, congested: greeted.congested });
  }
`;

describe('PluginHost', () => {
  it('runs a module from the folder of the configuration, with its options', async () => {
    const { host, log, registry, delivery, bus } = await hostOf(
      ['./sender.mjs'],
      { 'sender.mjs': SENDER },
      { text: 'hi' },
    );
    registry.open(idleSocket, testEndpoint());
    await host.start();
    expect(log.lines[0]).toEqual({ level: 'info', event: 'sender.sent', fields: { count: 1, size: 1, congested: 0 } });
    await bus.stop();
    expect(delivery.counters.messagesSent).toBe(1);
    await host.stop();
  });

  it('runs a package that is resolved from there', async () => {
    const files = {
      'node_modules/wsg-plugin/package.json': '{"name":"wsg-plugin","type":"module","main":"main.js"}',
      'node_modules/wsg-plugin/main.js': "export const start = ({ log }) => log.info('package.started');",
    };
    const { host, log } = await hostOf(['wsg-plugin'], files);
    await host.start();
    expect(log.events).toContain('package.started');
    await host.stop();
  });

  it.each([
    ['./absent.mjs', {}, /could not be loaded/],
    ['./empty.mjs', { 'empty.mjs': 'export const nothing = 1;' }, /exports no function named start/],
    [
      './bad.mjs',
      { 'bad.mjs': "export function start() { throw new Error('no luck'); }" },
      /could not be started: no luck/,
    ],
  ])('refuses %s', async (module, files, message) => {
    const { host } = await hostOf([module], files);
    await expect(host.start()).rejects.toMatchObject({
      code: 'plugin.failed',
      message: expect.stringMatching(message),
    });
  });

  it('refuses options that devhelpers does not know', async () => {
    const { host } = await hostOf(['devhelpers'], {}, { pause: 1 });
    await expect(host.start()).rejects.toMatchObject({
      code: 'plugin.failed',
    });
  });

  it('stops those that had started when a later one fails', async () => {
    const files = {
      'good.mjs':
        "let log; export const start = (context) => { log = context.log; }; export const stop = () => log.info('good.stopped');",
    };
    const { host, log } = await hostOf(['./good.mjs', 'devhelpers'], files, { unknown: true });
    await expect(host.start()).rejects.toThrow('devhelpers are invalid');
    expect(log.events).toContain('good.stopped');
  });

  it('abandons a plugin that does not stop, and logs it', async () => {
    const files = {
      'stuck.mjs':
        "export function start({ signal, log }) { signal.addEventListener('abort', () => log.info('stuck.aborted')); }\nexport const stop = () => new Promise(() => {});",
    };
    const { host, log } = await hostOf(['./stuck.mjs'], files);
    await host.start();
    await host.stop();
    await host.stop();
    expect(log.events.slice(1)).toEqual(['stuck.aborted', 'plugin.stop-late']);
  });
});
