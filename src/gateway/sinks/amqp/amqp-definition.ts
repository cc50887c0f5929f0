import { z } from 'zod';
import { maskUrl } from '../../../core/masked-url.js';
import { template } from '../../template/template.js';
import { brokerAddr } from '../broker-addr.js';
import { defineSink, required } from '../sink-definition.js';
import { AmqpSink, type AmqpSinkConfig } from './amqp-sink.js';

/** Names that AMQP carries as short strings. */
const shortString = z.string().refine((name) => Buffer.byteLength(name) <= 255, {
  error: 'must not be longer than 255 bytes',
});

const keys = z
  .object({
    addr: brokerAddr('amqp', 'amqps').describe('`amqp://` or `amqps://` URL; off when empty.'),
    exchange: shortString
      .default('')
      .describe('Topic exchange, declared durable when named; empty: the default exchange.'),
    queue: shortString
      .default('')
      .describe('Queue, declared durable and bound to a named exchange with `#`; none when empty.'),
    routing_key: template(shortString)
      .describe('Routing key; may be a template. Empty with the default exchange: the name of the queue.')
      .default(''),
    headers: z.record(z.string(), z.string()).default({}).describe('Headers of each message.'),
    required,
  })
  .refine(({ addr, exchange, queue, routing_key }) => addr === '' || exchange + queue + routing_key !== '', {
    error: 'must have an exchange, a queue or a routing key: otherwise nothing takes the messages',
  })
  .prefault({})
  .describe('AMQP 0-9-1 sink.');

/** AMQP 0-9-1. */
export const amqpDefinition = defineSink({
  name: 'amqp',
  keys,
  secretKeys: ['addr', 'headers'],
  resolve: ({ addr, exchange, queue, routing_key: routingKey, headers }): AmqpSinkConfig | undefined =>
    addr === '' ? undefined : { addr, exchange, queue: queue || undefined, routingKey, headers },
  address: ({ addr }) => maskUrl(addr),
  classicLine: (address) => `Connecting via AMQP for streaming at ${address}`,
  destination: { key: 'routing_key', template: ({ routingKey }) => routingKey },
  mayRefuse: true,
  create: (config, deps) => new AmqpSink(config, deps),
});
