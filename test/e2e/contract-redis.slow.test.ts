import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { startRedis, type RedisBroker } from '../support/redis-broker.js';
import { RedisStreamReader, type StreamEntry } from '../support/redis-stream-reader.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

/**
 * A configuration as users of wsgateway have it: both uses of Redis, tags that YAML reads as
 * numbers, templates, two endpoints.
 */
function oldConfiguration(port: number): string {
  return `
listen_addr: 127.0.0.1:0
internal_endpoint_access_whitelist:
  - 127.0.0.1/8
  - ::1/128
connection_redis_sync:
  addr: redis://127.0.0.1:${port}/0?client_name=wsgateway&pool_size=1000
stream_redis:
  addr: redis://127.0.0.1:${port}/0?client_name=wsgateway-stream&max_retries=3
  stream_name: events-{tag.tenant}-{json.room:lobby}
max_message_size_kb: 64
endpoints:
  - path: /connect
    set_tags:
      tenant: 1.10
      hexadecimal: 0x10
      enabled: yes
    stream_include_tags: [user, tenant, missing]
    json_extract_vars:
      room: target.rooms.#(id>1).name
  - path: /other
    max_message_size_kb: 1
    json_extract_vars: {room: r}
prometheus:
  enabled: true
`;
}

async function startOldSetup() {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), oldConfiguration(redis.port));
  const gateway = new WsgProcess(['serve', '--log-format', 'classic', '--ready-fd', '3'], { cwd });
  const { port } = await gateway.ready;
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  const post = async (path: string, body: string) => (await ask(path, { method: 'POST', body })).text();
  return { gateway, port, ask, post, reader: await RedisStreamReader.open(redis) };
}

function asText(entry: StreamEntry | undefined): Record<string, string> {
  return Object.fromEntries([...(entry ?? [])].map(([field, value]) => [field, value.toString('latin1')]));
}

it('a configuration of wsgateway serves a consumer written for wsgateway', async () => {
  const { gateway, port, post, reader } = await startOldSetup();
  const client = await RawWebSocket.open(port, '/connect');
  const lobby = 'events-1.10-lobby';
  const [open] = await reader.entries(1, lobby);
  const id = asText(open)['connection'] ?? '';
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(asText(open)).toEqual({ connection: id, action: 'open', tags: 'tenant=1.10' });
  expect(await reader.text('HGET', `connection:${id}`, 'addr')).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(await reader.text('HGETALL', `connection:${id}:tags`)).toEqual([
    'tenant',
    '1.10',
    'hexadecimal',
    '0x10',
    'enabled',
    'yes',
  ]);

  const message = '{"target":{"rooms":[{"id":1,"name":"a"},{"id":2.5e1,"name":"b c/ü"}]}';
  client.send(OPCODE.text, message);
  const [sent] = await reader.entries(1, 'events-1.10-b_c__');
  expect(Buffer.from(sent?.get('message') ?? '').toString()).toBe(message);
  expect(asText(sent)).toMatchObject({ connection: id, action: 'message', type: 'text', tags: 'tenant=1.10' });
  expect([...(sent?.keys() ?? [])].toSorted()).toEqual(['action', 'connection', 'message', 'tags', 'type']);

  expect(await post(`/settags?enabled=yes&hexadecimal=0x10`, 'user=x+y%26z&hexadecimal=')).toBe('1');
  const tags = () => reader.text('HGETALL', `connection:${id}:tags`);
  await expect.poll(tags).toEqual(['tenant', '1.10', 'enabled', 'yes', 'user', 'x y&z']);
  client.send(OPCODE.binary, Buffer.from([0xff, 0x00, 0x22, 0x0a]));
  const [, binary] = await reader.entries(2, lobby);
  expect(asText(binary)).toEqual({
    connection: id,
    action: 'message',
    type: 'binary',
    tags: 'tenant=1.10&user=x+y%26z',
    message: '\xff\x00"\n',
  });

  expect(await post(`/close?id=${id}`, 'bye')).toBe('1');
  expect((await client.frame()).payload.toString()).toBe('bye');
  expect(await client.closeCode()).toBe(1000);
  client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
  const [, , close] = await reader.entries(3, lobby);
  expect(asText(close)).toEqual({ connection: id, action: 'close', tags: 'tenant=1.10&user=x+y%26z' });
  await expect.poll(() => reader.text('KEYS', `connection:${id}*`)).toEqual([]);
  gateway.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
});

it('the entries of one connection keep their order, close last, however fast it sends', async () => {
  const { gateway, port, reader } = await startOldSetup();
  const client = await RawWebSocket.open(port, '/other');
  const numbers = Array.from({ length: 2_000 }, (_, number) => `{"r":"order","n":${number}}`);
  for (const text of numbers) client.send(OPCODE.text, text);
  client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
  expect(await client.closeCode()).toBe(1000);
  const entries = await reader.entries(2_000, 'events-_-order');
  expect(entries.map((entry) => String(entry.get('message')))).toEqual(numbers);
  const others = await reader.entries(2, 'events-_-lobby');
  expect(others.map((entry) => String(entry.get('action')))).toEqual(['open', 'close']);
  gateway.kill('SIGTERM');
  await gateway.ended;
});

/** Records the commands that Redis runs from now on, as MONITOR prints them. */
async function monitor(): Promise<() => string[]> {
  const socket = connect(redis.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  const watching = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      resolve();
    });
  });
  socket.write('MONITOR\r\n');
  await watching;
  return () => text.split('\r\n').filter((line) => /"(HSET|XADD|DEL|UNLINK)"/i.test(line));
}

it('state is written before the open event and removed after the close event', async () => {
  const { gateway, port } = await startOldSetup();
  const commands = await monitor();
  const client = await RawWebSocket.open(port, '/other');
  client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
  await expect.poll(() => commands().filter((line) => /"(DEL|UNLINK)" "connection:/i.test(line))).not.toEqual([]);
  const order = commands().flatMap(
    (line) => /"HSET" "connection:[0-9a-f-]+"|"open"|"close"|"(?:DEL|UNLINK)" "connection:/i.exec(line)?.[0] ?? [],
  );
  expect(order.map((text) => text.split(' ')[0]?.replaceAll('"', ''))).toEqual([
    'HSET',
    'open',
    'close',
    expect.stringMatching(/^(DEL|UNLINK)$/),
  ]);
  gateway.kill('SIGTERM');
  await gateway.ended;
});

it('the start logs the lines of wsgateway, without credentials', async () => {
  const { gateway } = await startOldSetup();
  gateway.kill('SIGTERM');
  const { stderr, stdout } = await gateway.ended;
  const lines = stderr.split('\n').map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, ''));
  const place = `127.0.0.1:${redis.port}`;
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Starting wsgateway\. CONFIG=config\.yml NOFILES=\d+ GOMAXPROCS=\d+ NUMCPU=\d+$/),
      `Connecting to redis for connection data at ${place}`,
      `Connecting to redis for streaming at ${place}`,
      'Creating websocket endpoint at path /connect',
      'Creating websocket endpoint at path /other',
      'Internal whitelist [127.0.0.1/8 ::1/128]',
      expect.stringMatching(/^Listening on 127\.0\.0\.1:\d+$/),
    ]),
  );
  expect(stdout).toBe('');
  // Options of go-redis that have no effect here are named.
  expect(stderr).toMatch(/pool_size/);
});

it('pings and metrics are answered as by wsgateway, and SIGTERM ends it', async () => {
  const { gateway, port, ask } = await startOldSetup();
  const client = await RawWebSocket.open(port, '/connect');
  client.send(OPCODE.text, 'x');
  client.send(OPCODE.ping, 'p');
  expect((await client.frame()).payload.toString()).toBe('p');
  const metrics = await (await ask('/metrics')).text();
  for (const line of [
    '# HELP messages_sent_counter The number of websocket messages sent',
    '# HELP messages_recieved_counter The number of websocket messages',
    '# HELP connections_counter The number of websocket connections made',
    '# HELP disconnections_counter The number of websocket disconnections made',
    '# HELP active_connections_gauge The number of active websocket connections',
    '# TYPE messages_recieved_counter counter',
    '# TYPE active_connections_gauge gauge',
    'messages_recieved_counter 1',
    'connections_counter 1',
    'disconnections_counter 0',
    'active_connections_gauge 1',
  ]) {
    expect(metrics.split('\n')).toContain(line);
  }
  gateway.kill('SIGTERM');
  await gateway.ended;
});
