import type { EventDestinations } from '../../src/gateway/event/gateway-event.js';
import type { EventOutbox } from '../../src/gateway/outbox/event-outbox.js';
import type { ReceivedEvent } from './received-event.js';

/** Destination of a connection's events; by default the same for all. */
export type DestinationOf = (connection: number) => EventDestinations | undefined;

/** Connections that each send their next number in every round. */
export class NumberedTraffic {
  readonly connections = 20;
  #round = 0;

  readonly #outbox: EventOutbox;
  readonly #destinationOf: DestinationOf;

  constructor(outbox: EventOutbox, destinationOf: DestinationOf = () => undefined) {
    this.#outbox = outbox;
    this.#destinationOf = destinationOf;
  }

  /** Sends rounds of messages, with a turn of the event loop between rounds. */
  async send(rounds: number): Promise<void> {
    for (let count = 0; count < rounds; count++) {
      this.#round++;
      for (let index = 0; index < this.connections; index++) this.say(index, String(this.#round));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Appends one message of a connection. */
  say(index: number, text: string | Buffer): void {
    const message = Buffer.from(text);
    const destinations = this.#destinationOf(index);
    const event = { connection: `c${index}`, action: 'message', type: 'text', tags: '', message } as const;
    this.#outbox.append(destinations === undefined ? event : { ...event, destinations });
  }

  /** The numbers that each connection has sent, in order. */
  get expected(): Map<string, number[]> {
    const numbers = Array.from({ length: this.#round }, (_, index) => index + 1);
    return new Map(Array.from({ length: this.connections }, (_, index) => [`c${index}`, numbers]));
  }

  get count(): number {
    return this.#round * this.connections;
  }
}

/** The first occurrences of each connection's numbers, in order of arrival. */
export function firstNumbers(events: readonly ReceivedEvent[]): Map<string, number[]> {
  const all = new Map<string, Set<number>>();
  for (const { connection = '', message } of events) {
    const seen = all.get(connection) ?? new Set();
    all.set(connection, seen.add(Number(Buffer.from(message ?? '').toString())));
  }
  return new Map([...all].map(([connection, seen]) => [connection, [...seen]]));
}
