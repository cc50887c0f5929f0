import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboxConfig } from '../../../src/gateway/config/outbox-config.js';
import { formatEventId, parseEventId, type GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { Backend, CrashingOutbox } from '../../support/crashing-outbox.js';

/**
 * Steps of a gateway. In a step with a number, connections open, send and close on their own that
 * often.
 */
type Step =
  | { readonly kind: 'traffic'; readonly actions: readonly { readonly connection: number; readonly bytes: number }[] }
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'away'; readonly backend: number; readonly isAway: boolean }
  | { readonly kind: 'lostAcknowledgement'; readonly backend: number }
  /** The backend fails for events of about every n-th connection; 0: for none. */
  | { readonly kind: 'dislikes'; readonly backend: number; readonly each: number }
  | { readonly kind: 'kill'; readonly again: number };

const action = fc.record({ connection: fc.nat({ max: 3 }), bytes: fc.integer({ min: -1, max: 900 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('traffic'), actions: fc.array(action, { maxLength: 20 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('turns'), count: fc.nat({ max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('away'), backend: fc.nat({ max: 1 }), isAway: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lostAcknowledgement'), backend: fc.nat({ max: 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('dislikes'), backend: fc.nat({ max: 1 }), each: fc.nat({ max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill'), again: fc.nat({ max: 2 }) }) },
);
const steps = fc.array(step, { minLength: 4, maxLength: 25 });

/** Clients of one process, which number their messages. */
class Clients {
  readonly #sent = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  #opened = 0;

  readonly #rig: CrashingOutbox;

  constructor(rig: CrashingOutbox) {
    this.#rig = rig;
  }

  act(connection: number, bytes: number): void {
    const name = this.#names[connection];
    if (name === undefined) this.#open(connection);
    else if (bytes < 0) this.#close(connection, name);
    else this.#send(name, bytes);
  }

  #open(connection: number): void {
    const name = `${this.#rig.boots.length}-${++this.#opened}`;
    if (this.#rig.append({ connection: name, action: 'open', tags: 'a=0' })) this.#names[connection] = name;
  }

  #close(connection: number, name: string): void {
    this.#rig.append({ connection: name, action: 'close', tags: '', reason: 'closed_by_client' });
    this.#names[connection] = undefined;
  }

  #send(name: string, bytes: number): void {
    const number = (this.#sent.get(name) ?? 0) + 1;
    const message = Buffer.concat([Buffer.from(`${number};`), Buffer.alloc(bytes, 'x')]);
    const event = { connection: name, action: 'message', type: 'text', tags: 'a=0', message } as const;
    if (this.#rig.append(event)) this.#sent.set(name, number);
  }
}

async function run(script: readonly Step[], config: Partial<OutboxConfig>): Promise<string[]> {
  const backends = [new Backend(), new Backend()];
  const rig = await CrashingOutbox.create(new Map(backends.map((backend, index) => [`b${index}`, backend])), config);
  try {
    await rig.start();
    let clients = new Clients(rig);
    for (const now of script) {
      if (now.kind === 'kill') clients = await killAndStart(rig, now.again);
      else await play(now, rig, clients, backends);
    }
    for (const backend of backends) [backend.isAway, backend.dislikes] = [false, () => false];
    rig.kill();
    await rig.start();
    await rig.deliverAll();
    const prefixOf = mayPass(script) ? bySequence : asTheyCame;
    return backends.flatMap(({ events }) => [
      ...connectionFaults(events),
      ...(config.durability === 'disk' ? rig.boots.flatMap((boot) => prefixFaults(prefixOf(events), boot)) : []),
    ]);
  } finally {
    await rig.remove();
  }
}

async function killAndStart(rig: CrashingOutbox, again: number): Promise<Clients> {
  for (let kills = 0; kills <= again; kills++) {
    rig.kill();
    await rig.start();
  }
  return new Clients(rig);
}

async function play(now: Exclude<Step, { kind: 'kill' }>, rig: CrashingOutbox, clients: Clients, backends: Backend[]) {
  switch (now.kind) {
    case 'traffic':
      for (const { connection, bytes } of now.actions) clients.act(connection, bytes);
      return;
    case 'turns':
      for (let turn = 0; turn < now.count; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        rig.clock.advance(10);
      }
      return;
    default: {
      const backend = backends[now.backend];
      if (backend !== undefined) change(backend, now);
    }
  }
}

type Change = Extract<Step, { readonly backend: number }>;

function change(backend: Backend, now: Change): void {
  if (now.kind === 'away') backend.isAway = now.isAway;
  else if (now.kind === 'dislikes') backend.dislikes = eachNth(now.each);
  else backend.losesAcknowledgements++;
}

function eachNth(each: number): (event: GatewayEvent) => boolean {
  return ({ connection }) => each > 0 && Number(connection.split('-')[1]) % each === 0;
}

/** Whether events may pass those of connections that a backend fails for. */
function mayPass(script: readonly Step[]): boolean {
  return script.some((now) => now.kind === 'dislikes' && now.each > 0);
}

function asTheyCame(events: readonly GatewayEvent[]): readonly GatewayEvent[] {
  return events;
}

function bySequence(events: readonly GatewayEvent[]): readonly GatewayEvent[] {
  const sequenceOf = ({ id }: GatewayEvent): number => parseEventId(id)?.sequence ?? 0;
  return events.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
}

/** Errors in the events of each connection, seen by a backend that drops duplicates by id. */
function connectionFaults(events: readonly GatewayEvent[]): string[] {
  const connections = new Set(events.map(({ connection }) => connection));
  return [...connections].flatMap((name) => {
    const own = events.filter(({ connection }) => connection === name);
    const actions = own.map((event) => event.action);
    const expected = numbersOf(own).map((_, index) => `${index + 1}`);
    const isWhole = numbersOf(own).join() === expected.join();
    const isOrdered = /^open(,message)*,close$/.test(actions.join());
    return isWhole && isOrdered ? [] : [`${name}: ${actions.join()} ${numbersOf(own).join()}`];
  });
}

function numbersOf(events: readonly GatewayEvent[]): string[] {
  return events.flatMap(({ message }) => (message === undefined ? [] : `${Number.parseInt(toText(message), 10)}`));
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/**
 * When every event is written before it is offered, the delivered events of a boot are a prefix of
 * the accepted ones, including ids.
 */
function prefixFaults(events: readonly GatewayEvent[], { epoch, accepted }: CrashingOutbox['boots'][number]): string[] {
  const own = events.filter(({ id, reason }) => id.includes(`-${epoch}-`) && reason !== 'node_crashed');
  const first = Number(own[0]?.id.split('-')[2] ?? 0);
  return own.flatMap(({ id, connection, action: what }, index) => {
    const meant = accepted[index]?.event;
    const isRight = meant?.connection === connection && meant.action === what;
    const expectedId = formatEventId({ node: '00af', epoch }, first + index);
    return isRight && id === expectedId ? [] : [`${id} ${connection} ${what} is not ${expectedId}`];
  });
}

describe('after kills of the process at any moment,', () => {
  const small = { maxBytes: 20_000, maxEvents: 200, segmentBytes: 4_000, maxDiskBytes: 200_000 } as const;
  it.each([
    ['disk', 'always', 30],
    ['disk', 'never', 40],
    ['memory', 'interval', 60],
  ] as const)(
    'the backends see a prefix of each connection and one close event (%s, fsync %s)',
    async (durability, fsync, numRuns) => {
      await fc.assert(
        fc.asyncProperty(steps, async (script) => {
          expect(await run(script, { ...small, durability, fsync })).toEqual([]);
        }),
        { numRuns },
      );
    },
    180_000,
  );
});
