import type { Clock } from '../../core/clock.js';
import type { Endpoint } from '../connection/endpoint.js';
import type { Connection } from '../connection/connection.js';
import { TokenBucket } from '../access/token-bucket.js';

/** Rate limits of one client of an endpoint; 0: no limit. */
export interface ClientRate {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

interface Allowance {
  readonly messages: TokenBucket | undefined;
  readonly bytes: TokenBucket | undefined;
}

/**
 * Enforces the rate limits of clients. A connection is tracked from its first message on, and only
 * if its endpoint has a limit.
 */
export class ClientRates {
  readonly #clock: Clock;
  readonly #rates: ReadonlyMap<Endpoint, ClientRate>;
  readonly #allowances = new Map<Connection, Allowance>();

  private constructor(clock: Clock, rates: ReadonlyMap<Endpoint, ClientRate>) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /** Creates the limits; undefined when no endpoint has one. */
  static of(endpoints: readonly (Endpoint & ClientRate)[], clock: Clock): ClientRates | undefined {
    const limited = endpoints.filter((rate) => rate.messagesPerSecond > 0 || rate.bytesPerSecond > 0);
    if (limited.length === 0) return undefined;
    return new ClientRates(clock, new Map(limited.map((endpoint) => [endpoint, endpoint])));
  }

  /** Counts a message; returns false when it exceeds the limit. */
  allows(connection: Connection, bytes: number): boolean {
    const rate = this.#rates.get(connection.endpoint);
    if (rate === undefined) return true;
    const now = this.#clock.now();
    const { messages, bytes: volume } = this.#allowanceOf(connection, rate, now);
    return (messages?.take(1, now) ?? true) && (volume?.take(bytes, now) ?? true);
  }

  closed(connection: Connection): void {
    this.#allowances.delete(connection);
  }

  #allowanceOf(connection: Connection, rate: ClientRate, now: number): Allowance {
    const known = this.#allowances.get(connection);
    if (known !== undefined) return known;
    const bucket = (perSecond: number) => (perSecond === 0 ? undefined : new TokenBucket(perSecond, now));
    const allowance = { messages: bucket(rate.messagesPerSecond), bytes: bucket(rate.bytesPerSecond) };
    this.#allowances.set(connection, allowance);
    return allowance;
  }
}
