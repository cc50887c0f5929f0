import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../support/collect-garbage.js';
import { messageCost, textMessage } from '../../../src/gateway/connection/message.js';
import { SendQueue } from '../../../src/gateway/connection/send-queue.js';
import type { OutboundMessage } from '../../../src/gateway/transport/socket.js';

describe('SendQueue', () => {
  it('returns messages in order, however long it becomes', () => {
    const queue = new SendQueue();
    const taken: string[] = [];
    let number = 0;
    for (let turn = 0; turn < 2000; turn += 1) {
      for (let count = 0; count < 3; count += 1) queue.push(textMessage(`${number++}`));
      for (let count = 0; count < 2; count += 1) taken.push(text(queue.shift()?.payload));
    }
    while (queue.length > 0) taken.push(text(queue.shift()?.payload));
    expect(taken).toEqual(Array.from({ length: number }, (_, index) => `${index}`));
    expect(queue.bytes).toBe(0);
    expect(queue.shift()).toBeUndefined();
  });

  it('keeps no removed message alive', async () => {
    const queue = new SendQueue();
    queue.push(textMessage('taken'));
    queue.push(textMessage('waits'));
    const taken = weakly(queue.shift());
    await collectGarbage();
    expect(taken?.deref()).toBeUndefined();
    expect(text(queue.shift()?.payload)).toBe('waits');
  });

  it('counts empty messages too', () => {
    const queue = new SendQueue();
    const empty = textMessage('');
    queue.push(empty);
    queue.push(empty);
    expect(queue.bytes).toBe(2 * messageCost(empty));
    expect(queue.bytes).toBeGreaterThan(0);
    queue.clear();
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });
});

function text(payload: Uint8Array | undefined): string {
  return Buffer.from(payload ?? []).toString();
}

function weakly(message: OutboundMessage | undefined): WeakRef<OutboundMessage> | undefined {
  return message && new WeakRef(message);
}
