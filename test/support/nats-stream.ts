import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** A message of a stream, as a consumer reads it. */
export interface StreamMessage {
  readonly subject: string;
  readonly json: Readonly<Record<string, string>>;
  readonly header: (name: string) => string | undefined;
}

/**
 * Reads a stream from its start, in order, until there are `count` messages with different ids;
 * fails after 30 s.
 */
export async function readStream(url: string, stream: string, count: number): Promise<StreamMessage[]> {
  return await withNats(url, async (connection) => {
    const consumer = await jetstream(connection).consumers.get(stream);
    const incoming = await consumer.consume();
    const timer = setTimeout(() => incoming.stop(), 30_000);
    const messages: StreamMessage[] = [];
    const ids = new Set<string>();
    for await (const { subject, data, headers } of incoming) {
      const json: Record<string, string> = JSON.parse(Buffer.from(data).toString());
      messages.push({ subject, json, header: (name) => (headers?.has(name) === true ? headers.get(name) : undefined) });
      ids.add(headers?.get('Nats-Msg-Id') ?? '');
      if (ids.size >= count) break;
    }
    clearTimeout(timer);
    if (ids.size < count) throw new Error(`${ids.size} of ${count} messages came.`);
    return messages;
  });
}

/** Gives `work` a manager of streams and closes its connection afterwards. */
export async function withManager<T>(url: string, work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  return await withNats(url, async (connection) => await work(await jetstreamManager(connection)));
}

async function withNats<T>(url: string, work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const { host, username, password } = new URL(url);
  const connection = await connect({ servers: host, ...(username !== '' && { user: username, pass: password }) });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
