import { systemClock } from '../../src/core/clock.js';
import { LocalBus } from '../../src/gateway/bus/local-bus.js';
import type { Bus } from '../../src/gateway/bus/bus.js';
import type { Connection } from '../../src/gateway/connection/connection.js';
import { ConnectionIdSource } from '../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../src/gateway/connection/registry.js';
import { Delivery } from '../../src/gateway/delivery/delivery.js';
import type { OutboundMessage, Socket } from '../../src/gateway/transport/socket.js';
import { RelayBus } from '../../src/gateway/workers/relay-bus.js';
import { RelayedCalls } from '../../src/gateway/workers/relayed-calls.js';
import { WorkerCalls } from '../../src/gateway/workers/worker-calls.js';
import { WorkersBus } from '../../src/gateway/workers/workers-bus.js';
import { idleSocket } from './idle-socket.js';
import { linkPair } from './link-pair.js';
import { testEndpoint } from './test-endpoint.js';

/** A connection, and the texts that were sent to it. */
export interface RecordedConnection {
  readonly connection: Connection;
  readonly texts: string[];
}

/** The connections of one worker, with recording sockets, behind a real link. */
export class BusWorker {
  readonly registry: ConnectionRegistry;
  readonly local: LocalBus;
  readonly connections: RecordedConnection[] = [];
  readonly #topics = new Map<string, Set<string[]>>();

  constructor(worker: number, maxTags: number) {
    this.registry = new ConnectionRegistry(new ConnectionIdSource(1, worker));
    const delivery = new Delivery({ registry: this.registry, clock: systemClock });
    this.local = new LocalBus({ node: '0001', registry: this.registry, delivery, maxTags });
    this.local.deliverThrough({ publish: (topic, message) => this.#publish(topic, message) });
  }

  open(tags: Readonly<Record<string, string>> = {}): RecordedConnection {
    const texts: string[] = [];
    const socket: Socket = {
      ...idleSocket,
      send: (message) => {
        texts.push(textOf(message));
        return 'sent';
      },
      subscribe: (topic) => void this.#members(topic).add(texts),
      unsubscribe: (topic) => void this.#members(topic).delete(texts),
    };
    const opened = { connection: this.registry.open(socket, testEndpoint(tags)), texts };
    this.connections.push(opened);
    return opened;
  }

  #members(topic: string): Set<string[]> {
    const members = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, members);
    return members;
  }

  #publish(topic: string, message: OutboundMessage): void {
    for (const texts of this.#members(topic)) texts.push(textOf(message));
  }
}

/** A supervisor's bus with workers behind real links, and the bus of each for its public port. */
export async function workersBus(count: number, { deadlineMs = 30_000, maxTags = 64 } = {}) {
  const bus = new WorkersBus({ node: '0001', clock: systemClock, deadlineMs });
  const relayed = new RelayedCalls({ bus, clock: systemClock });
  const addWorker = async (number: number) => {
    const pair = await linkPair(number);
    const worker = new BusWorker(number, maxTags);
    await worker.local.start();
    const calls = new WorkerCalls({ link: pair.worker, bus: worker.local, clock: systemClock });
    const relay: Bus = new RelayBus(pair.worker);
    bus.attach(pair.supervisor);
    relayed.attach(pair.supervisor);
    return { ...pair, busWorker: worker, calls, relay };
  };
  const workers = [];
  for (let number = 1; number <= count; number += 1) workers.push(await addWorker(number));
  return { bus, workers, addWorker };
}

function textOf({ payload }: OutboundMessage): string {
  return Buffer.from(payload).toString();
}
