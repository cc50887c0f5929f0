import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { TestConnection } from './recording-handler.js';
import { onBothAlsoOverTls, type Bench, type Fixture } from './transport-fixture.js';

const TOPICS = ['a', 'b', 'c'];
/** Not compressed; compressed; compressed with a window that the client bounds. */
const CLIENTS = [
  { perMessageDeflate: false },
  { perMessageDeflate: true },
  { perMessageDeflate: { serverMaxWindowBits: 10 } },
  { perMessageDeflate: true },
];

interface Action {
  readonly do: 'publish' | 'burst' | 'subscribe' | 'unsubscribe' | 'send' | 'cork' | 'turn';
  readonly client: number;
  readonly topic: string;
  readonly size: number;
}

/** More messages than uWebSockets.js keeps for a socket until the turn ends. */
const BURST = 40;

/** Small, compressed where it is made, and compressed elsewhere than where it is made. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 512, max: 4000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 33_000, max: 120_000 }) },
);
const client = fc.integer({ min: 0, max: CLIENTS.length - 1 });
const topic = fc.constantFrom(...TOPICS);
const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant('publish' as const) },
  { weight: 3, arbitrary: fc.constant('burst' as const) },
  { weight: 3, arbitrary: fc.constantFrom('send' as const, 'cork' as const) },
  { weight: 2, arbitrary: fc.constantFrom('subscribe' as const, 'unsubscribe' as const) },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
);
const action: fc.Arbitrary<Action> = fc.record({ do: kind, client, topic, size });

/** A text of its own, neither all alike nor noise. */
function textOf(id: number, length: number): string {
  return `${id}:`.padEnd(length, `{"id":${id},"n":${(id * 7919) % 1000}}`);
}

class Party {
  readonly #topics = CLIENTS.map(() => new Set<string>());
  readonly expected: string[][] = CLIENTS.map(() => []);
  #made = 0;

  constructor(
    readonly fixture: Fixture,
    readonly connections: readonly TestConnection[],
  ) {}

  /** Half of the clients are in every topic from the beginning. */
  joinSome(): void {
    for (let index = 0; index < CLIENTS.length; index += 2) for (const name of TOPICS) this.#join(index, name, true);
  }

  async play(step: Action): Promise<void> {
    if (step.do === 'turn') await new Promise(setImmediate);
    else if (step.do === 'publish') this.#publish(step.topic, step.size);
    else if (step.do === 'burst') for (let i = 0; i < BURST; i += 1) this.#publish(step.topic, 10);
    else if (step.do === 'send' || step.do === 'cork') this.#send(step.client, step.size, step.do === 'cork');
    else this.#join(step.client, step.topic, step.do === 'subscribe');
  }

  #join(index: number, name: string, isJoining: boolean): void {
    const topics = this.#topics[index];
    const socket = this.connections[index]?.socket;
    if (topics?.has(name) === isJoining) return;
    if (isJoining) {
      topics?.add(name);
      socket?.subscribe(name);
    } else {
      topics?.delete(name);
      socket?.unsubscribe(name);
    }
  }

  #send(index: number, length: number, isCorked: boolean): void {
    const socket = this.connections[index]?.socket;
    if (!isCorked) {
      socket?.send(this.#messageFor(index, length));
      return;
    }
    socket?.cork(() => {
      for (let i = 0; i < 3; i += 1) socket.send(this.#messageFor(index, length));
    });
  }

  #publish(to: string, length: number): void {
    const payload = this.#text(length);
    for (const [index, topics] of this.#topics.entries()) if (topics.has(to)) this.expected[index]?.push(payload);
    this.fixture.transport.publish(to, { payload: Buffer.from(payload), binary: false, compress: length >= 512 });
  }

  #messageFor(index: number, length: number) {
    const payload = this.#text(length);
    this.expected[index]?.push(payload);
    return { payload: Buffer.from(payload), binary: false, compress: length >= 512 };
  }

  #text(length: number): string {
    this.#made += 1;
    return textOf(this.#made, length);
  }
}

async function connect(bench: Bench): Promise<{ party: Party; clients: WebSocket[]; received: string[][] }> {
  const fixture = await bench.start({ endpoints: [{ compression: true, maxBufferedBytes: 64 * 1024 * 1024 }] });
  const clients: WebSocket[] = [];
  const connections: TestConnection[] = [];
  for (const options of CLIENTS) {
    clients.push(await bench.client(fixture, options));
    connections.push(await fixture.handler.next('open'));
  }
  const received = clients.map((one) => {
    const texts: string[] = [];
    one.on('message', (data: Buffer) => texts.push(data.toString()));
    return texts;
  });
  return { party: new Party(fixture, connections), clients, received };
}

onBothAlsoOverTls('order of what is published and sent', (bench) => {
  it(
    'delivers exactly the right messages to each client, in order, then the close frame',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (steps) => {
          const { party, clients, received } = await connect(bench);
          party.joinSome();
          for (const step of steps) await party.play(step);
          const closed = clients.map((one) => new Promise((resolve) => one.once('close', resolve)));
          for (const { socket } of party.connections) socket.end('drain');
          expect(await Promise.all(closed)).toEqual(CLIENTS.map(() => 1001));
          expect(received).toEqual(party.expected);
          await party.fixture.transport.stop();
        }),
        { numRuns: 60 },
      );
    },
  );
});
