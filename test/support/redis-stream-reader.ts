import { createClient, RESP_TYPES } from '@redis/client';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { RedisBroker } from './redis-broker.js';

/** An entry of a stream: its fields by name, as the bytes that were written. */
export type StreamEntry = ReadonlyMap<string, Buffer>;

const reply = z.array(z.tuple([z.instanceof(Buffer), z.array(z.instanceof(Buffer))]));
const ASK_EACH_MS = 5;

/** A backend's client for a Redis of the tests. */
export class RedisStreamReader {
  readonly #send: (args: readonly string[]) => Promise<unknown>;

  private constructor(send: (args: readonly string[]) => Promise<unknown>) {
    this.#send = send;
  }

  /** Connects, and disconnects at the end of the test. `credentials` are `user:password`. */
  static async open({ port }: Pick<RedisBroker, 'port'>, credentials = ''): Promise<RedisStreamReader> {
    const user = credentials === '' ? '' : `${credentials}@`;
    const client = createClient({ url: `redis://${user}127.0.0.1:${port}`, RESP: 2, disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
    onTestFinished(() => client.destroy());
    const reading = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return new RedisStreamReader((args) => reading.sendCommand([...args]));
  }

  /** The reply with bulk strings as Buffers. */
  command(...args: readonly string[]): Promise<unknown> {
    return this.#send(args);
  }

  /** The reply with bulk strings as text. */
  async text(...args: readonly string[]): Promise<unknown> {
    return textOf(await this.#send(args));
  }

  /** Resolves with all entries of a stream once there are `count`. */
  async entries(count: number, stream = 'connectionevents'): Promise<StreamEntry[]> {
    while (Number(await this.#send(['XLEN', stream])) < count) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EACH_MS));
    }
    return reply.parse(await this.#send(['XRANGE', stream, '-', '+'])).map(([, fields]) => fieldMap(fields));
  }
}

function fieldMap(fields: readonly Buffer[]): StreamEntry {
  const entry = new Map<string, Buffer>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    entry.set(String(fields[index]), fields[index + 1] ?? Buffer.alloc(0));
  }
  return entry;
}

function textOf(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString();
  return Array.isArray(value) ? value.map(textOf) : value;
}
