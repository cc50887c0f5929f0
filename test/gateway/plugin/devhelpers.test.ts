import { afterEach, describe, expect, it } from 'vitest';
import { LocalBus } from '../../../src/gateway/bus/local-bus.js';
import { createDevhelpers } from '../../../src/gateway/plugin/devhelpers.js';
import { createPluginContext } from '../../../src/gateway/plugin/plugin-context.js';
import { DeliveryFixture } from '../../support/delivery-fixture.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

describe('devhelpers', () => {
  const fixture = new DeliveryFixture();

  afterEach(async () => {
    await fixture.stop();
  });

  it('broadcasts, reports and marks at the documented rates', async () => {
    await fixture.start('uws');
    const { client, connection } = await fixture.connect();
    const clock = new ManualClock();
    const log = new RecordingLogger();
    const { signal } = new AbortController();
    const { registry, delivery } = fixture;
    const { local } = new LocalBus({ node: '0001', registry, delivery });
    const plugin = createDevhelpers(clock);
    await plugin.start(createPluginContext({ connections: local, log, signal, options: { pauseMs: 1 } }));
    clock.advance(5000);
    await new Promise(setImmediate);
    expect(new Set(await client.until(4999))).toEqual(new Set(['routine message']));
    expect(connection.tags.get('seen')).toBe('1');
    const [sent] = log.lines.filter(({ event }) => event === 'helper.sent');
    expect(sent?.fields).toEqual({ worker: 0, count: 1, tookMs: 0 });
    const [connections] = log.lines.filter(({ event }) => event === 'helper.connections');
    expect(connections?.fields.connections).toBe(1);
    expect(log.events.filter((event) => event === 'helper.sent').length).toBeGreaterThanOrEqual(4);
    expect(log.events.filter((event) => event === 'helper.marked').length).toBe(1);
    await plugin.stop?.();
    expect(clock.waiting).toBe(0);
  });
});
