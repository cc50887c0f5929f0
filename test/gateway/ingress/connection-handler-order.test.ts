import { expect, it } from 'vitest';
import { ConnectionHandler } from '../../../src/gateway/ingress/connection-handler.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import { GatewayCounters } from '../../../src/gateway/metrics/gateway-counters.js';
import type { NewEvent, Outbox, OutboxState } from '../../../src/gateway/outbox/outbox.js';
import { openAdmission } from '../../support/open-admission.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testConfig } from '../../support/running-gateway.js';

const NO_DAMAGE = { places: 0, bytes: 0, events: 0 };

/** An outbox with as much room for opens and messages as a test gives it. */
class RoomyOutbox implements Outbox {
  readonly accepted: string[] = [];
  room = Number.MAX_SAFE_INTEGER;
  #listener: (full: boolean) => void = () => undefined;

  get isFull(): boolean {
    return this.room === 0;
  }

  append({ action, message }: NewEvent): number {
    if (action !== 'close') {
      if (this.room === 0) return 0;
      this.room -= 1;
    }
    this.accepted.push(message === undefined ? action : Buffer.from(message).toString());
    return this.accepted.length;
  }

  readonly deliveredThrough = 0;

  retagged(): void {}

  readonly heldRoom = { hold: () => true, letGo: () => undefined };

  onRoom(): void {}

  onDelivered(): void {}

  state(): OutboxState {
    const disk = { diskBytes: 0, diskSegments: 0, maxDiskBytes: 0 };
    return {
      events: 0,
      bytes: 0,
      maxBytes: 0,
      heldBytes: 0,
      sharesReached: 0,
      ...disk,
      full: this.room === 0,
      damage: NO_DAMAGE,
      sinks: [],
    };
  }

  onFullChange(listener: (full: boolean) => void): void {
    this.#listener = listener;
  }

  /** Says that there is room again. */
  relieve(room: number): void {
    this.room = room;
    this.#listener(false);
  }

  async start(): Promise<void> {}

  async stop(): Promise<number> {
    return 0;
  }
}

function compose(canPause: boolean) {
  const outbox = new RoomyOutbox();
  const registry = new ConnectionRegistry(new ConnectionIdSource(0));
  const delivery = new Delivery({ registry });
  delivery.start({ publish: () => undefined });
  const counters = new GatewayCounters();
  const { endpoints } = testConfig();
  const options = { endpoints, registry, delivery, outbox, counters };
  const handler = new ConnectionHandler({ ...options, admission: openAdmission(endpoints), onClosed: () => undefined });
  if (canPause) handler.pauseWhenFull();
  const open = () => {
    const request = { method: 'GET', path: '/connect', query: '', headers: new Map(), remoteAddress: '127.0.0.1' };
    const endpoint = endpoints[0];
    if (endpoint === undefined) throw new Error('there is no endpoint');
    return handler.open(idleSocket, request, endpoint);
  };
  const send = (connection: ReturnType<typeof open>, ...texts: string[]) => {
    for (const text of texts) handler.message(connection, Buffer.from(text), false);
  };
  return { outbox, counters, delivery, handler, open, send };
}

it('holds what was read before the pause, in order', () => {
  const { outbox, counters, open, send } = compose(true);
  const connection = open();
  outbox.room = 1;
  send(connection, '1', '2', '3');
  outbox.room = 1;
  send(connection, '4');
  outbox.relieve(2);
  send(connection, '5');
  outbox.relieve(10);
  expect(outbox.accepted).toEqual(['open', '1', '2', '3', '4', '5']);
  expect([counters.messagesReceived, counters.messagesRefused]).toEqual([5, 0]);
});

it('appends held messages before the close event, or counts them as refused', () => {
  const { outbox, counters, handler, open, send } = compose(true);
  const connection = open();
  outbox.room = 0;
  send(connection, '1', '2', '3');
  outbox.room = 2;
  handler.close(connection, 'connection_lost');
  expect(outbox.accepted).toEqual(['open', '1', '2', 'close']);
  expect(counters.messagesRefused).toBe(1);
});

it('accepts nothing after a refused message when it cannot pause', () => {
  const { outbox, counters, delivery, open, send } = compose(false);
  const connection = open();
  outbox.room = 1;
  send(connection, '1', '2');
  outbox.room = 10;
  send(connection, '3');
  expect(outbox.accepted).toEqual(['open', '1']);
  expect([counters.messagesReceived, counters.messagesRefused]).toEqual([3, 2]);
  expect(connection.closeReason).toBe('outbox_full');
  delivery.stop();
});

it('accepts nothing after a message that was refused while the connection was closing for another reason', () => {
  const { outbox, counters, delivery, open, send } = compose(false);
  const connection = open();
  delivery.closeOne(connection, 'closed_by_backend');
  outbox.room = 0;
  send(connection, '1');
  outbox.room = 10;
  send(connection, '2');
  expect(outbox.accepted).toEqual(['open']);
  expect([counters.messagesReceived, counters.messagesRefused]).toEqual([2, 2]);
  delivery.stop();
});

it('closes a connection whose open event was refused, without a close event', () => {
  const { outbox, counters, delivery, handler, open, send } = compose(true);
  outbox.room = 0;
  const connection = open();
  expect(connection.closeReason).toBe('outbox_full');
  outbox.room = 10;
  send(connection, '1');
  handler.close(connection, 'outbox_full');
  expect(outbox.accepted).toEqual([]);
  expect([...counters.closedByReason]).toEqual([['outbox_full', 1]]);
  delivery.stop();
});

it('reports a close once, even if the transport reports it twice', () => {
  const { outbox, counters, handler, open } = compose(false);
  const connection = open();
  handler.close(connection, 'closed_by_client');
  handler.close(connection, 'connection_lost');
  expect(outbox.accepted).toEqual(['open', 'close']);
  expect([...counters.closedByReason]).toEqual([['closed_by_client', 1]]);
});
