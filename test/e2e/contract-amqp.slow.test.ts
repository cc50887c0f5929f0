import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consumeQueue } from '../support/amqp-consumer.js';
import { startRabbitmq, type RabbitmqBroker } from '../support/rabbitmq-broker.js';
import { OPCODE } from '../support/raw-websocket.js';
import { RunningGateway } from '../support/running-gateway.js';

let rabbitmq: RabbitmqBroker;

beforeAll(async () => {
  rabbitmq = await startRabbitmq();
}, 120_000);

afterAll(() => rabbitmq.dispose());

const ID = expect.stringMatching(/^[0-9a-f-]{36}$/);

async function sendOne(gateway: RunningGateway, payload: string): Promise<void> {
  const client = await gateway.connect();
  client.send(OPCODE.text, payload);
  client.send(OPCODE.binary, Buffer.from([0xff, 0]));
  client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
  await client.closeCode();
}

it("a named exchange and queue are declared durable and bound, with wsgateway's bodies and properties", async () => {
  const gateway = await RunningGateway.start({
    stream_amqp: {
      addr: rabbitmq.url,
      exchange: 'ws',
      queue: 'events',
      routing_key: 'conn.{tag.foo}.{json.cmd:none}',
      headers: { app: 'chat' },
    },
    endpoints: [
      { path: '/connect', set_tags: { foo: 'b r' }, stream_include_tags: ['foo'], json_extract_vars: { cmd: 'c' } },
    ],
  });
  await sendOne(gateway, '{"c":"a<b","é":"\u2028&"}');
  const messages = await consumeQueue(rabbitmq.url, 'events', 4);
  expect(messages.map(({ fields }) => fields.routingKey)).toEqual([
    'conn.b_r.none',
    'conn.b_r.a_b',
    'conn.b_r.none',
    'conn.b_r.none',
  ]);
  const bodies = messages.map(({ content }) => content.toString());
  const id = /"connection":"([^"]+)"/.exec(bodies[0] ?? '')?.[1] ?? '';
  expect(bodies).toEqual([
    `{"action":"open","connection":"${id}","tags":"foo=b+r"}`,
    `{"action":"message","connection":"${id}","message":"{\\"c\\":\\"a\\u003cb\\",\\"é\\":\\"\\u2028\\u0026\\"}","tags":"foo=b+r","type":"text"}`,
    `{"action":"message","connection":"${id}","encoding":"base64","message":"/wA=","tags":"foo=b+r","type":"binary"}`,
    expect.stringMatching(`^{"action":"close","connection":"${id}",.*"tags":"foo=b\\+r"}$`),
  ]);
  expect(id).toEqual(ID);
  for (const { properties } of messages) {
    expect(properties).toMatchObject({
      contentType: 'application/json',
      deliveryMode: 2,
      timestamp: expect.any(Number),
    });
    expect(properties.messageId).toMatch(/^0000-\d+-\d+$/);
    expect(properties.headers).toMatchObject({ app: 'chat' });
  }
  const model = await connect(rabbitmq.url);
  const channel = await model.createChannel();
  await channel.assertExchange('ws', 'topic', { durable: true });
  await channel.assertQueue('events', { durable: true });
  await model.close();
});

it('without an exchange, the default exchange takes the routing key as the name of a queue', async () => {
  const gateway = await RunningGateway.start({
    stream_amqp: { addr: rabbitmq.url, queue: 'direct', routing_key: 'direct' },
  });
  await sendOne(gateway, 'x');
  const messages = await consumeQueue(rabbitmq.url, 'direct', 4);
  expect(messages.map(({ fields }) => [fields.exchange, fields.routingKey])).toEqual(
    Array.from({ length: 4 }, () => ['', 'direct']),
  );
});
