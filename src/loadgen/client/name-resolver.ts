import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.js';
import type { DnsPlan } from './dial-plan.js';
import type { AddressBlock } from './local-addresses.js';

/** Options and collaborators of name resolution. */
export interface NameResolverOptions {
  readonly dns: DnsPlan;
  readonly clock: Clock;
  /** Addresses that must not be connected to. */
  readonly blocked?: AddressBlock;
}

interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly untilMs: number;
  next: number;
}

type Waiter = (error: NodeJS.ErrnoException | null, answer?: Answer) => void;

/**
 * Resolves names as the system does, and caches the answers for all connections of a thread.
 * Without the cache, many connections would wait for Node's pool of four threads.
 */
export class NameResolver {
  readonly #answers = new Map<string, Answer>();
  readonly #asked = new Map<string, Waiter[]>();

  readonly #options: NameResolverOptions;

  constructor(options: NameResolverOptions) {
    this.#options = options;
  }

  /** A `lookup` function for `net.connect` and similar functions. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname, (error, answer) => {
      if (error !== null || answer === undefined) return callback(error, '', 4);
      const chosen = this.#choose(answer);
      if (isAll(options)) return callback(null, [chosen]);
      return callback(null, chosen.address, chosen.family);
    });
  };

  #resolve(hostname: string, waiter: Waiter): void {
    const known = this.#answers.get(hostname);
    if (known !== undefined && known.untilMs > this.#options.clock.now()) return waiter(null, known);
    const waiting = this.#asked.get(hostname);
    if (waiting !== undefined) return void waiting.push(waiter);
    this.#asked.set(hostname, [waiter]);
    lookupName(hostname, { all: true, ...familyOf(this.#options.dns) }, (error, addresses) => {
      const waiters = this.#asked.get(hostname) ?? [];
      this.#asked.delete(hostname);
      const answer = error === null ? this.#keep(hostname, addresses) : error;
      for (const answerWaiter of waiters) {
        if (answer instanceof Error) answerWaiter(answer);
        else answerWaiter(null, answer);
      }
    });
  }

  #keep(hostname: string, addresses: readonly LookupAddress[]): Answer | NodeJS.ErrnoException {
    const { dns, clock, blocked } = this.#options;
    const refused = addresses.find(({ address }) => blocked?.has(address) === true);
    if (refused !== undefined) {
      const text = `IP (${refused.address}) of ${hostname} is in a blacklisted range`;
      return Object.assign(new Error(text), { code: 'EBLOCKED' });
    }
    const answer = { addresses: preferred(addresses, dns), untilMs: clock.now() + dns.ttlMs, next: 0 };
    this.#answers.set(hostname, answer);
    return answer;
  }

  #choose(answer: Answer): LookupAddress {
    const { addresses } = answer;
    const [first = { address: '', family: 4 }] = addresses;
    switch (this.#options.dns.select) {
      case 'first':
        return first;
      case 'random':
        return addresses[Math.floor(Math.random() * addresses.length)] ?? first;
      case 'roundRobin':
        answer.next += 1;
        return addresses[(answer.next - 1) % addresses.length] ?? first;
    }
  }
}

function isAll(options: LookupOptions): boolean {
  return options.all === true;
}

function familyOf({ policy }: DnsPlan): { readonly family?: 4 | 6 } {
  if (policy === 'onlyIPv4') return { family: 4 };
  return policy === 'onlyIPv6' ? { family: 6 } : {};
}

/** Returns only the addresses of the preferred family, if there are any. */
function preferred(addresses: readonly LookupAddress[], { policy }: DnsPlan): readonly LookupAddress[] {
  const wanted = policy === 'preferIPv4' ? 4 : policy === 'preferIPv6' ? 6 : undefined;
  const fitting = addresses.filter(({ family }) => family === wanted);
  return fitting.length === 0 ? addresses : fitting;
}
