import type { EventDestinations } from '../../src/gateway/event/gateway-event.js';
import type { EventOutbox } from '../../src/gateway/outbox/event-outbox.js';
import type { ReceivedEvent } from './received-event.js';

/** Where a connection's events go; all to one place when it is left out. */
export type DestinationOf = (connection: number) => EventDestinations | undefined;

/** Connections that each say their next number in every round. */
export class NumberedTraffic {
  readonly connections = 20;
  #round = 0;

  readonly #outbox: EventOutbox;
  readonly #destinationOf: DestinationOf;

  constructor(outbox: EventOutbox, destinationOf: DestinationOf = () => undefined) {
    this.#outbox = outbox;
    this.#destinationOf = destinationOf;
  }

  /** The event loop turns between rounds. */
  async send(rounds: number): Promise<void> {
    for (let count = 0; count < rounds; count++) {
      this.#round++;
      for (let index = 0; index < this.connections; index++) this.say(index, String(this.#round));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** One message beside the numbers. */
  say(index: number, text: string | Buffer): void {
    const message = Buffer.from(text);
    const destinations = this.#destinationOf(index);
    const event = { connection: `c${index}`, action: 'message', type: 'text', tags: '', message } as const;
    this.#outbox.append(destinations === undefined ? event : { ...event, destinations });
  }

  /** What each connection has said, in order. */
  get expected(): Map<string, number[]> {
    const numbers = Array.from({ length: this.#round }, (_, index) => index + 1);
    return new Map(Array.from({ length: this.connections }, (_, index) => [`c${index}`, numbers]));
  }

  get count(): number {
    return this.#round * this.connections;
  }
}

/** For each connection its numbers, each where it came first. */
export function firstNumbers(events: readonly ReceivedEvent[]): Map<string, number[]> {
  const all = new Map<string, Set<number>>();
  for (const { connection = '', message } of events) {
    const seen = all.get(connection) ?? new Set();
    all.set(connection, seen.add(Number(Buffer.from(message ?? '').toString())));
  }
  return new Map([...all].map(([connection, seen]) => [connection, [...seen]]));
}
