import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { checkBackends } from '../../../src/gateway/check/check-backends.js';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { withManager } from '../../support/nats-stream.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RunningGateway, testConfig } from '../../support/running-gateway.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';

let redis: RedisBroker;
let nats: NatsBroker;
let receiver: WebhookReceiver;

beforeAll(async () => {
  [redis, nats, receiver] = await Promise.all([
    startRedis(['--client-query-buffer-limit', '1mb', '--proto-max-bulk-len', '2mb']),
    startNats(['max_payload: 65536']),
    WebhookReceiver.start(),
  ]);
  await withManager(nats.url, ({ streams }) => streams.add({ name: 'small', subjects: ['s'], max_msg_size: 10_000 }));
}, 120_000);

afterAll(() => Promise.all([redis.process.dispose(), nats.process.dispose(), receiver.stop()]));

/** The warnings about a sink's limits in the start log and in `serve --check`. */
async function warnings(input: Partial<ConfigInput>): Promise<{ start: unknown[]; level: string; detail: string }> {
  const [result] = await checkBackends(testConfig(input), { clock: systemClock, timeoutMs: 5_000 });
  const { log } = await RunningGateway.start(input);
  const start = log.lines.filter(({ event }) => event === 'sink.message-limit').map(({ fields }) => fields['warning']);
  return { start, level: result?.level ?? 'none', detail: result?.detail ?? '' };
}

const endpoint = (kib: number) => ({ endpoints: [{ path: '/connect', max_message_size_kb: kib }] });

it.each([
  ['max_payload of the NATS server is 65536 bytes', 1_024, () => ({ stream_nats: { addr: nats.url } })],
  [
    "max_msg_size of the stream 'small' is 10000 bytes",
    48,
    () => ({ stream_nats: { addr: nats.url, stream: 'small', subject: 's' } }),
  ],
  ['client-query-buffer-limit of Redis is 1048576 bytes', 1_024, () => ({ stream_redis: { addr: redis.url } })],
  ['proto-max-bulk-len of Redis is 2097152 bytes', 2_048, () => ({ stream_redis: { addr: redis.url } })],
  [
    'stream_webhook.max_batch_bytes is 2048 bytes',
    64,
    () => ({ stream_webhook: { url: receiver.url, max_batch_bytes: 2_048 } }),
  ],
] as const)('%s: below what an endpoint accepts, it is warned of by start and check', async (text, kib, sink) => {
  const { start, level, detail } = await warnings({ ...sink(), ...endpoint(kib) });
  expect(start).toContainEqual(expect.stringContaining(text));
  expect({ level, detail }).toEqual({ level: 'warning', detail: expect.stringContaining(text) });
});

it.each([
  ['nats', 47, () => ({ stream_nats: { addr: nats.url, stream: 'roomy', subject: 'r' } })],
  ['redis', 1_000, () => ({ stream_redis: { addr: redis.url } })],
  ['webhook', 1_024, () => ({ stream_webhook: { url: receiver.url } })],
] as const)('the %s sink says nothing where all messages fit', async (_, kib, sink) => {
  expect(await warnings({ ...sink(), ...endpoint(kib) })).toMatchObject({ start: [], level: 'ok' });
});
