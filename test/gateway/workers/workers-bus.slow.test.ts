import { expect, it } from 'vitest';
import type { Bus, ConnectionStatus, StatusListing } from '../../../src/gateway/bus/bus.js';
import { makeMessage, textMessage } from '../../../src/gateway/connection/message.js';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { workersBus } from '../../support/bus-worker.js';
import { settle } from '../../support/settle.js';

const ALL: Selector = { kind: 'all' };
const MIB = 1024 * 1024;

function pairs(tags: Readonly<Record<string, string>>): Selector {
  return { kind: 'pairs', pairs: new Map(Object.entries(tags)) };
}

function ids(...connections: readonly string[]): Selector {
  return { kind: 'ids', ids: new Set(connections) };
}

async function read(listing: StatusListing) {
  const connections: ConnectionStatus[] = [];
  const sizes: number[] = [];
  for await (const page of listing.pages) {
    connections.push(...page);
    sizes.push(page.length);
  }
  return { connections, ids: connections.map(({ id }) => id), sizes, silent: listing.silent() };
}

/** The bus of the supervisor, and that of a worker for its public port. */
const VIEWS = ['supervisor', 'worker'] as const;

async function threeWorkers(view: (typeof VIEWS)[number], options = {}) {
  const all = await workersBus(3, options);
  const [one, two, three] = all.workers;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three workers');
  const bus: Bus = view === 'supervisor' ? all.bus : two.relay;
  return { ...all, bus, one, two, three };
}

it.each(VIEWS)('sums what the connections of all workers took, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view);
  const opened = [one, two, two, three].map(({ busWorker }, index) => busWorker.open({ n: String(index % 2) }));
  const outcome = await bus.send(pairs({ n: '1' }), textMessage('odd'));
  expect(outcome).toEqual({ counts: new Map([['0001', 2]]), silent: [], refused: new Map() });
  expect((await bus.send(ALL, textMessage('all'))).counts.get('0001')).toBe(4);
  expect((await bus.close(pairs({ n: '0' }), textMessage('bye'))).counts.get('0001')).toBe(2);
  await settle(() => opened[0]?.texts.length === 2);
  expect(opened.map(({ texts }) => texts.join())).toEqual(['all,bye', 'odd,all', 'all,bye', 'odd,all']);
});

it.each(VIEWS)('sends calls for ids to their workers alone, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view);
  const [first, second] = [one.busWorker.open(), two.busWorker.open()];
  let calls = 0;
  three.worker.handle(1, () => (calls += 1));
  const both = ids(first.connection.id, second.connection.id, 'nonsense');
  expect((await bus.send(both, textMessage('x'))).counts.get('0001')).toBe(2);
  expect((await bus.send(ids('nonsense'), textMessage('x'))).counts.get('0001')).toBe(0);
  const items = [{ selector: both, message: textMessage('y') }];
  expect((await bus.sendBatch(items)).totals).toEqual([2]);
  expect(calls).toBe(0);
});

it.each(VIEWS)('sends a batch as one frame a worker, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view);
  for (const { busWorker } of [one, one, two, three]) busWorker.open({ a: '1' });
  const special = three.busWorker.open({ a: '2' });
  const items = [
    { selector: ALL, message: textMessage('1') },
    { selector: pairs({ a: '2' }), message: makeMessage(Buffer.from('2'), true) },
    { selector: pairs({ a: '3' }), message: textMessage('3') },
    { selector: ids(special.connection.id), message: textMessage('4') },
  ];
  expect(await bus.sendBatch(items)).toEqual({ totals: [5, 1, 0, 1], silent: [], refused: new Map() });
  await settle(() => special.texts.length === 3);
  expect(special.texts).toEqual(['1', '2', '4']);
});

it.each(VIEWS)('carries a body of 16 MiB, seen from a %s', async (view) => {
  const { bus, one, three } = await threeWorkers(view);
  const [first, third] = [one.busWorker.open(), three.busWorker.open()];
  const text = 'x'.repeat(16 * MIB);
  expect((await bus.send(ALL, textMessage(text))).counts.get('0001')).toBe(2);
  await settle(() => first.texts.length === 1 && third.texts.length === 1);
  expect(first.texts[0] === text && third.texts[0] === text).toBe(true);
});

it.each(VIEWS)('sets tags on the connections of all workers or on none, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view, { maxTags: 2 });
  const [first, second, third] = [one, two, three].map(({ busWorker }) => busWorker.open({ a: '1' }));
  expect((await bus.setTags(ALL, new Map([['b', '2']]))).counts.get('0001')).toBe(3);
  await bus.setTags(ids(first?.connection.id ?? '', second?.connection.id ?? ''), new Map([['b', '']]));
  const outcome = await bus.setTags(ALL, new Map([['c', '3']]));
  expect(outcome.counts.get('0001')).toBe(0);
  expect(outcome.refused.get('0001')).toContain(`the connection ${third?.connection.id} would have 3 tags`);
  expect([first, second].map((opened) => opened?.connection.tags.get('c'))).toEqual([undefined, undefined]);
  const alone = await bus.setTags(ids(third?.connection.id ?? ''), new Map([['c', '3']]));
  expect(alone.refused.size).toBe(1);
});

it.each(VIEWS)('lists the connections of all workers, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view);
  const expected: string[] = [];
  for (const [index, { busWorker }] of [one, two, three].entries()) {
    for (let count = 0; count < 1_200 * index + 7; count += 1) {
      expected.push(busWorker.open({ w: String(index), n: String(count % 10) }).connection.id);
    }
  }
  const everything = await read(bus.status({ selector: ALL }));
  expect(new Set(everything.ids)).toEqual(new Set(expected));
  expect(everything.ids.length).toBe(expected.length);
  expect(Math.max(...everything.sizes)).toBeLessThanOrEqual(1_000);
  expect(everything.silent).toEqual([]);
  const sorted = expected.toSorted();
  const ofAll = await read(bus.status({ selector: ALL, after: '' }));
  expect(ofAll.ids).toEqual(sorted);
  const page = await read(bus.status({ selector: ALL, after: sorted[1_499], limit: 1_100 }));
  expect(page.ids).toEqual(sorted.slice(1_500, 2_600));
  expect(page.connections[0]?.tags.size).toBe(2);
  const some = await read(bus.status({ selector: pairs({ n: '3', w: '2' }), limit: 5_000 }));
  expect(some.ids.length).toBe(241);
});

it.each(VIEWS)('gives up a listing that is not read to its end, seen from a %s', async (view) => {
  const { bus, three } = await threeWorkers(view);
  for (let count = 0; count < 5_000; count += 1) three.busWorker.open();
  let pages = 0;
  for await (const page of bus.status({ selector: ALL, after: '' }).pages) {
    pages += page.length > 0 ? 1 : 0;
    break;
  }
  expect(pages).toBe(1);
  expect((await bus.send(ALL, textMessage('x'))).counts.get('0001')).toBe(5_000);
});

it.each(VIEWS)('merges the tags in use and remembers their keys, seen from a %s', async (view) => {
  const { bus, one, two, three } = await threeWorkers(view);
  one.busWorker.open({ a: '1', b: '1' });
  two.busWorker.open({ a: '2' });
  three.busWorker.open({ a: '1', c: '3' });
  const { tree, silent } = await bus.tree();
  expect(new Map(Array.from(tree, ([key, values]) => [key, new Set(values)]))).toEqual(
    new Map([
      ['a', new Set(['1', '2'])],
      ['b', new Set(['1'])],
      ['c', new Set(['3'])],
    ]),
  );
  expect(silent).toEqual([]);
  expect(await Promise.all(['a', 'c', 'd'].map((key) => bus.knowsTagKey(key)))).toEqual([true, true, false]);
  // A worker that is started again has forgotten the key.
  three.worker.destroy('killed');
  await settle(() => three.supervisor.isClosed);
  expect(await bus.knowsTagKey('c')).toBe(true);
});

it('shows all connections one sequence of calls, also from posters at several workers', async () => {
  const { bus, one, two, three } = await threeWorkers('supervisor');
  const opened = Array.from({ length: 200 }, (_, index) => [one, two, three][index % 3]?.busWorker.open({ room: 'r' }));
  const posters: Bus[] = [bus, one.relay, two.relay];
  const rounds = 60;
  const selectors = [ALL, pairs({ room: 'r' }), ids(...opened.map((each) => each?.connection.id ?? ''))];
  // In lockstep: each poster sends when the one before was answered; others run beside.
  const lockstep = (async () => {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, poster] of posters.entries()) {
        await poster.send(selectors[round % 3] ?? ALL, textMessage(`step ${round * 3 + index}`));
      }
    }
  })();
  const besides = posters.map(async (poster, index) => {
    for (let round = 0; round < rounds; round += 1) {
      const sent = [1, 2, 3].map((part) => poster.send(ALL, textMessage(`${index} ${round} ${part}`)));
      for (const one of sent) await one;
    }
  });
  await Promise.all([lockstep, ...besides]);
  const total = rounds * 3 + 3 * rounds * 3;
  await settle(() => opened.every((each) => each?.texts.length === total));
  const [first] = opened;
  for (const each of opened) expect(each?.texts).toEqual(first?.texts);
  const steps = first?.texts.filter((text) => text.startsWith('step'));
  expect(steps).toEqual(Array.from({ length: rounds * 3 }, (_, step) => `step ${step}`));
});

it('names a worker that does not answer by the deadline, and does not wait for it again until it does', async () => {
  const { bus, one, two } = await threeWorkers('supervisor', { deadlineMs: 150 });
  for (const { busWorker } of [one, two]) busWorker.open();
  two.socketsOf(two.worker).input.pause();
  const before = performance.now();
  const missed = await bus.send(ALL, textMessage('1'));
  expect(performance.now() - before).toBeGreaterThanOrEqual(149);
  expect(missed).toEqual({ counts: new Map([['0001', 1]]), silent: ['0001/w2'], refused: new Map() });
  // Far above the deadline in all, if each call waited for it.
  const late = performance.now();
  for (let count = 0; count < 200; count += 1) {
    expect((await bus.send(ALL, textMessage('2'))).silent).toEqual(['0001/w2']);
  }
  expect(performance.now() - late).toBeLessThan(200 * 150);
  expect((await read(bus.status({ selector: ALL }))).silent).toEqual(['0001/w2']);
  expect((await bus.tree()).silent).toEqual(['0001/w2']);
  two.socketsOf(two.worker).input.resume();
  await settle(() => two.busWorker.connections[0]?.texts.length === 201);
  let silent = ['0001/w2'];
  while (silent.length > 0) silent = [...(await bus.send(ALL, textMessage('3'))).silent];
});

it('waits as long as a call asks for', async () => {
  const { bus, one } = await threeWorkers('supervisor', { deadlineMs: 60_000 });
  one.socketsOf(one.worker).input.pause();
  expect((await bus.send(ALL, textMessage('x'), { deadlineMs: 30 })).silent).toEqual(['0001/w1']);
});

it('answers pending calls at the end of a worker, and counts its successor', async () => {
  const { bus, addWorker, one, three } = await threeWorkers('supervisor');
  one.busWorker.open();
  three.socketsOf(three.worker).input.pause();
  const pending = bus.send(ALL, textMessage('x'));
  const listing = read(bus.status({ selector: ALL, after: '' }));
  await new Promise<void>((resolve) => setImmediate(resolve));
  three.worker.destroy('killed');
  expect(await pending).toEqual({ counts: new Map([['0001', 1]]), silent: ['0001/w3'], refused: new Map() });
  expect((await listing).silent).toEqual(['0001/w3']);
  expect((await bus.send(ALL, textMessage('x'))).silent).toEqual([]);
  const next = await addWorker(3);
  next.busWorker.open();
  expect(await bus.send(ALL, textMessage('x'))).toMatchObject({ counts: new Map([['0001', 2]]), silent: [] });
});

it('rejects the calls of a worker whose supervisor has gone', async () => {
  const { one } = await threeWorkers('supervisor');
  one.socketsOf(one.supervisor).input.pause();
  const pending = one.relay.send(ALL, textMessage('x'));
  one.supervisor.destroy('killed');
  await expect(pending).rejects.toThrow('the supervisor has gone');
  await expect(one.relay.tree()).rejects.toThrow('the supervisor has gone');
});

it('counts nobody when there is no worker', async () => {
  const { bus } = await workersBus(0);
  expect((await bus.send(ALL, textMessage('x'))).counts).toEqual(new Map([['0001', 0]]));
  expect((await bus.setTags(ALL, new Map([['a', 'b']]))).silent).toEqual([]);
  expect((await read(bus.status({ selector: ALL, limit: 5 }))).ids).toEqual([]);
});
