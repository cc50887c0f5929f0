import { connect, type ConsumeMessage } from 'amqplib';

/**
 * Consumes a queue in order until `count` messages with different ids have come; fails after 30 s.
 */
export async function consumeQueue(url: string, queue: string, count: number): Promise<ConsumeMessage[]> {
  const model = await connect(url);
  const channel = await model.createChannel();
  const messages: ConsumeMessage[] = [];
  const ids = new Set<unknown>();
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${ids.size} of ${count} messages came.`)), 30_000);
      const take = (message: ConsumeMessage | null) => {
        if (message === null) return;
        messages.push(message);
        ids.add(message.properties.messageId);
        if (ids.size < count) return;
        clearTimeout(timer);
        resolve();
      };
      channel.consume(queue, take, { noAck: true }).catch(reject);
    });
    return messages;
  } finally {
    await model.close();
  }
}
