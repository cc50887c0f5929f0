import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPRESS_FROM_BYTES, textMessage } from '../../../src/gateway/connection/message.js';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { DeliveryFixture, type DeliveryParty } from '../../support/delivery-fixture.js';

/**
 * Enough for topics and groups. Some are not compressed, some are, some with a window that the
 * client bounds.
 */
const CLIENTS = 20;
const COMPRESSIONS = [false, true, { serverMaxWindowBits: 10 }];
const VALUES = ['x', 'y', ''];
/** More distinct receivers in one turn than an integer has bits. */
const BURST = 40;

const index = fc.integer({ min: 0, max: CLIENTS - 1 });
const value = fc.constantFrom('x', 'y');

/** The selector: every client, one pair, two pairs, or these clients by id. */
const target = fc.oneof(
  fc.record({ kind: fc.constant('all' as const) }),
  fc.record({ kind: fc.constant('pair' as const), room: value }),
  fc.record({ kind: fc.constant('pairs' as const), room: value, side: value }),
  fc.record({ kind: fc.constant('ids' as const), clients: fc.uniqueArray(index, { minLength: 1 }) }),
);
type Target = typeof target extends fc.Arbitrary<infer T> ? T : never;

/** Small; compressed where it is made; compressed on another thread; more than a turn gathers. */
const size = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 4, arbitrary: fc.integer({ min: COMPRESS_FROM_BYTES, max: 4000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 33_000, max: 80_000 }) },
);
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), target, size }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('burst' as const), targets: fc.array(target, { minLength: 1 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('tag' as const),
      client: index,
      key: fc.constantFrom('room', 'side'),
      value: fc.constantFrom(...VALUES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), client: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Expected state of one client, by a naive interpretation of the calls. */
interface Oracle {
  readonly tags: Map<string, string>;
  readonly texts: string[];
  isOpen: boolean;
}

class Game {
  readonly oracles: Oracle[] = Array.from({ length: CLIENTS }, () => ({ tags: new Map(), texts: [], isOpen: true }));
  /** Counts as answered and as they should be. */
  readonly counts: (readonly [number, number])[] = [];
  /** A selector that comes again is the same object, as requests have it. */
  readonly #selectors = new Map<string, Selector>();
  #made = 0;

  constructor(
    readonly fixture: DeliveryFixture,
    readonly parties: readonly DeliveryParty[],
  ) {}

  async play(next: Step): Promise<void> {
    if (next.do === 'turn') await new Promise(setImmediate);
    else if (next.do === 'send') this.#send(next.target, next.size);
    else if (next.do === 'burst')
      for (let i = 0; i < BURST; i += 1) this.#send(next.targets[i % next.targets.length] ?? { kind: 'all' }, 10);
    else if (next.do === 'tag') this.tag(next.client, next.key, next.value);
    else this.close(next.client);
  }

  tag(client: number, key: string, to: string): void {
    const oracle = this.oracles[client];
    const connection = this.parties[client]?.connection;
    if (oracle?.isOpen !== true || connection === undefined) return;
    if (to === '') oracle.tags.delete(key);
    else oracle.tags.set(key, to);
    this.fixture.setTag(connection, key, to);
  }

  /** With a last message. */
  close(client: number): void {
    const oracle = this.oracles[client];
    const connection = this.parties[client]?.connection;
    if (oracle?.isOpen !== true || connection === undefined) return;
    oracle.isOpen = false;
    oracle.texts.push('bye');
    const ids = new Set([connection.id]);
    this.counts.push([this.fixture.delivery.close({ kind: 'ids', ids }, 'closed_by_backend', textMessage('bye')), 1]);
  }

  #send(to: Target, length: number): void {
    this.#made += 1;
    const text = `${this.#made}:`.padEnd(length, `{"n":${(this.#made * 7919) % 1000}}`);
    const meant = this.oracles.filter((oracle, client) => oracle.isOpen && isMeant(oracle, client, to));
    for (const { texts } of meant) texts.push(text);
    this.counts.push([this.fixture.delivery.send(this.#selector(to), textMessage(text)), meant.length]);
  }

  #selector(to: Target): Selector {
    const key = JSON.stringify(to);
    const selector = this.#selectors.get(key) ?? this.#newSelector(to);
    this.#selectors.set(key, selector);
    return selector;
  }

  #newSelector(to: Target): Selector {
    if (to.kind === 'all') return { kind: 'all' };
    if (to.kind === 'ids')
      return { kind: 'ids', ids: new Set(to.clients.map((client) => this.parties[client]?.connection.id ?? '')) };
    const room = ['room', to.room] as const;
    return { kind: 'pairs', pairs: new Map(to.kind === 'pair' ? [room] : [room, ['side', to.side]]) };
  }
}

function isMeant({ tags }: Oracle, client: number, to: Target): boolean {
  if (to.kind === 'all') return true;
  if (to.kind === 'ids') return to.clients.includes(client);
  return tags.get('room') === to.room && (to.kind === 'pair' || tags.get('side') === to.side);
}

async function start(transport: 'ws' | 'uws'): Promise<Game> {
  const fixture = new DeliveryFixture({ compression: true, setTags: new Map() });
  await fixture.start(transport);
  const parties: DeliveryParty[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    parties.push(await fixture.connect({ perMessageDeflate: COMPRESSIONS[client % COMPRESSIONS.length] }));
  }
  const game = new Game(fixture, parties);
  for (let client = 0; client < CLIENTS; client += 1) {
    game.tag(client, 'room', client < 14 ? 'x' : 'y');
    game.tag(client, 'side', client % 3 === 0 ? 'x' : 'y');
  }
  return game;
}

describe.each(['ws', 'uws'] as const)('messages to mixed selectors on %s', (transport) => {
  it('reach exactly the right clients, in order, and are counted exactly', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const game = await start(transport);
        for (const next of steps) await game.play(next);
        for (let client = 0; client < CLIENTS; client += 1) game.close(client);
        for (const { client } of game.parties) expect((await client.closed).code).toBe(1000);
        for (const [counted, wanted] of game.counts) expect(counted).toBe(wanted);
        expect(game.parties.map(({ client }) => client.texts)).toEqual(game.oracles.map(({ texts }) => texts));
        await game.fixture.stop();
      }),
      { numRuns: 40 },
    );
  });
});
