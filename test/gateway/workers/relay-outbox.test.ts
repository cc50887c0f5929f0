import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { HeldOpens } from '../../../src/gateway/mirror/held-opens.js';
import { DOES_NOT_FIT, NEVER_FITS } from '../../../src/gateway/outbox/outbox.js';
import { encodeFrame } from '../../../src/gateway/calls/frame.js';
import { LINK_KIND } from '../../../src/gateway/workers/link-frames.js';
import { closeOf, messageOf, openOf, relayedOutbox } from '../../support/relayed-outbox.js';
import { settle } from '../../support/settle.js';

const KIB = 1024;
const MIB = 1024 * KIB;

it('passes on events with all their fields, in order, with ids of the node', async () => {
  const { sink, addWorker } = await relayedOutbox();
  const { relay } = await addWorker(1);
  const destinations = ['stream-1', 'queue'];
  expect(relay.append({ ...openOf('c1', 'a=1'), destinations })).toBe(1);
  expect(relay.append(messageOf('c1', 'text', 'a=1'))).toBe(2);
  const binary = { ...messageOf('c1', ''), type: 'binary', message: Buffer.from([0, 255, 87, 83, 103]) } as const;
  relay.append(binary);
  relay.append({ ...closeOf('c1', 'b=ü'), destinations });
  await settle(() => sink.taken.length === 4);
  expect(sink.taken.map(({ id }) => id.split('-').at(-1))).toEqual(['1', '2', '3', '4']);
  expect(sink.taken).toMatchObject([
    { connection: 'c1', action: 'open', tags: 'a=1', destinations },
    { action: 'message', type: 'text', tags: 'a=1', message: new Uint8Array(Buffer.from('text')) },
    { action: 'message', type: 'binary', message: new Uint8Array([0, 255, 87, 83, 103]) },
    { action: 'close', reason: 'closed_by_client', tags: 'b=ü', destinations },
  ]);
});

it('does not keep the memory of a link for a message', async () => {
  const { sink, addWorker } = await relayedOutbox();
  const { relay } = await addWorker(1);
  relay.append(openOf('c1'));
  for (const size of [3, 5_000, 100_000]) relay.append(messageOf('c1', 'x'.repeat(size)));
  await settle(() => sink.taken.length === 4);
  for (const { message } of sink.taken.slice(1)) expect(message?.buffer.byteLength).toBe(message?.byteLength);
});

it('reports what is taken and what is delivered', async () => {
  const { sink, addWorker } = await relayedOutbox();
  const { relay } = await addWorker(1);
  const delivered: number[] = [];
  relay.onDelivered((through) => delivered.push(through));
  sink.close();
  relay.append(openOf('c1'));
  for (const text of ['1', '2', '3']) relay.append(messageOf('c1', text));
  expect(relay.state().events).toBe(4);
  await settle(() => relay.state().events === 0);
  expect(relay.state().bytes).toBe(0);
  expect(relay.deliveredThrough).toBe(0);
  sink.open();
  await settle(() => relay.deliveredThrough === 4);
  expect(delivered.at(-1)).toBe(4);
});

it('counts deliveries by the sequences of each worker', async () => {
  const { sink, addWorker } = await relayedOutbox();
  const [one, two] = [await addWorker(1), await addWorker(2)];
  for (let count = 0; count < 10; count += 1) one.relay.append(openOf(`a${count}`));
  await settle(() => one.relay.deliveredThrough === 10);
  sink.close();
  two.relay.append(openOf('b'));
  one.relay.append(messageOf('a1', 'late'));
  await settle(() => one.relay.state().events + two.relay.state().events === 0);
  expect([one.relay.deliveredThrough, two.relay.deliveredThrough]).toEqual([10, 0]);
  sink.open();
  await settle(() => one.relay.deliveredThrough === 11 && two.relay.deliveredThrough === 1);
});

it('loses nothing that it accepted while the outbox is full, and keeps the order of connections', async () => {
  const { sink, outbox, addWorker } = await relayedOutbox({ maxEvents: 400, maxBytes: 300 * KIB });
  const { relay } = await addWorker(1);
  const changes: boolean[] = [];
  relay.onFullChange((full) => changes.push(full));
  sink.close();
  const connections = ['a', 'b', 'c', 'd', 'e'];
  for (const connection of connections) relay.append(openOf(connection));
  const accepted = new Map<string, string[]>(connections.map((connection) => [connection, []]));
  let refused = 0;
  const cutOff = new Set<string>();
  for (let count = 0; count < 3_000; count += 1) {
    const connection = connections[count % connections.length] ?? '';
    if (cutOff.has(connection)) continue;
    if (relay.append(messageOf(connection, String(count))) > 0) accepted.get(connection)?.push(String(count));
    else {
      refused += 1;
      cutOff.add(connection);
    }
    if (count % 17 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(refused).toBe(connections.length);
  await settle(() => relay.isFull && outbox.isFull);
  for (const connection of connections) expect(relay.append(closeOf(connection))).toBeGreaterThan(0);
  sink.open();
  await settle(() => connections.every((connection) => sink.story(connection).includes('close closed_by_client')));
  for (const connection of connections) {
    expect(sink.texts(connection)).toEqual(accepted.get(connection));
    expect(sink.story(connection).at(-1)).toBe('close closed_by_client');
  }
  await settle(() => !relay.isFull);
  expect(changes).toEqual([true, false]);
  expect(outbox.state().heldBytes).toBe(0);
});

it('accepts again after relief, and calls its listeners for room', async () => {
  const { sink, outbox, addWorker } = await relayedOutbox({ maxEvents: 64 });
  const { relay } = await addWorker(1);
  sink.close();
  relay.append(openOf('a'));
  const waiting: string[] = [];
  let sent = 0;
  await settle(() => {
    if (relay.append(messageOf('a', String(sent))) > 0) sent += 1;
    else waiting.push(String(sent));
    return waiting.length > 0;
  });
  relay.onRoom(() => {
    while (waiting.length > 0 && relay.append(messageOf('a', waiting[0] ?? '')) > 0) waiting.shift();
  });
  await settle(() => outbox.isFull);
  sink.open();
  await settle(() => waiting.length === 0 && sink.texts().length === sent + 1);
  expect(sink.texts()).toEqual(Array.from({ length: sent + 1 }, (_, index) => String(index)));
});

it('holds back one connection at its share and no other', async () => {
  const { sink, addWorker } = await relayedOutbox({ maxEvents: 2_000, connectionShare: 0.1 });
  const { relay } = await addWorker(1);
  sink.close();
  for (const connection of ['greedy', 'modest']) relay.append(openOf(connection));
  let accepted = 0;
  await settle(() => {
    const fits = relay.append(messageOf('greedy', String(accepted))) > 0;
    if (fits) accepted += 1;
    return !fits;
  });
  expect(accepted).toBeLessThan(1_000);
  expect(relay.append(messageOf('greedy', 'too much'))).toBe(DOES_NOT_FIT);
  expect(relay.isFull).toBe(false);
  for (let count = 0; count < 20; count += 1) expect(relay.append(messageOf('modest', 'm'))).toBeGreaterThan(0);
  await settle(() => relay.state().events === 0);
  let isFree = false;
  relay.onRoom(() => (isFree ||= relay.append(messageOf('greedy', 'last')) > 0));
  sink.open();
  await settle(() => isFree && sink.texts('greedy').at(-1) === 'last');
  expect(sink.texts('greedy').length).toBe(accepted + 1);
  expect(sink.texts('modest').length).toBe(20);
});

it('answers NEVER_FITS for a message above the bound while others are under way', async () => {
  const { sink, addWorker } = await relayedOutbox({ maxBytes: MIB });
  const { relay } = await addWorker(1);
  sink.close();
  relay.append(openOf('a'));
  expect(relay.append(messageOf('a', 'x'.repeat(2 * MIB)))).toBe(NEVER_FITS);
  sink.open();
  await settle(() => relay.state().events === 0 && relay.deliveredThrough === 1);
  expect(relay.append(messageOf('a', 'x'.repeat(2 * MIB)))).toBe(2);
  await settle(() => sink.taken.length === 2);
});

it('tells the worker of a message that the outbox can never keep, and takes only the close after it', async () => {
  const { sink, addWorker } = await relayedOutbox({ maxBytes: MIB });
  const { relay, refused } = await addWorker(1);
  relay.append(openOf('a'));
  relay.append(openOf('b'));
  await settle(() => relay.deliveredThrough === 2);
  sink.close();
  relay.append(messageOf('b', 'waits'));
  await settle(() => relay.state().events === 0);
  relay.append(messageOf('a', 'x'.repeat(2 * MIB)));
  relay.append(messageOf('a', 'behind'));
  await settle(() => refused.length === 1);
  expect(refused).toEqual(['a message_above_bound message']);
  expect(relay.append(messageOf('a', 'later'))).toBe(DOES_NOT_FIT);
  relay.append({ ...closeOf('a'), reason: 'message_above_bound' });
  sink.open();
  await settle(() => sink.taken.length === 4);
  expect(sink.story('a')).toEqual(['open', 'close message_above_bound']);
});

it('refuses a message that does not fit where clients cannot be paused', async () => {
  const { sink, addWorker } = await relayedOutbox({ maxBytes: 512 * KIB }, { canPause: false });
  const { relay, refused } = await addWorker(1);
  sink.close();
  for (const connection of ['filler', 'large', 'small']) relay.append(openOf(connection));
  relay.append(messageOf('filler', 'f'.repeat(400 * KIB)));
  await settle(() => relay.state().events === 0);
  relay.append(messageOf('large', 'l'.repeat(100 * KIB)));
  relay.append(messageOf('large', 'behind'));
  relay.append(messageOf('small', 's'));
  await settle(() => refused.length === 1);
  expect(refused).toEqual(['large outbox_full message']);
  expect(relay.append(messageOf('large', 'later'))).toBe(DOES_NOT_FIT);
  relay.append({ ...closeOf('large'), reason: 'outbox_full' });
  sink.open();
  await settle(() => sink.taken.length === 6);
  expect(sink.story('large')).toEqual(['open', 'close outbox_full']);
  expect(sink.texts('small')).toEqual(['s']);
});

it('refuses what cannot wait of one connection, and keeps the others going', async () => {
  const { sink, outbox, addWorker } = await relayedOutbox({ maxBytes: MIB, connectionShare: 0.1 });
  const { relay, refused } = await addWorker(1);
  sink.close();
  const greedy = ['a', 'b', 'c'];
  for (const connection of [...greedy, 'modest']) relay.append(openOf(connection));
  // Together more than their shares and the room for what waits.
  for (const connection of greedy) {
    for (let count = 0; count < 4; count += 1) relay.append(messageOf(connection, 'g'.repeat(60 * KIB)));
    await settle(() => relay.state().events === 0);
  }
  expect([refused, outbox.isFull]).toEqual([['c outbox_full message'], false]);
  relay.append({ ...closeOf('c'), reason: 'outbox_full' });
  relay.append(messageOf('modest', 'm'));
  await settle(() => relay.state().events === 0);
  sink.open();
  for (const connection of ['a', 'b']) await settle(() => sink.texts(connection).length === 4);
  await settle(() => sink.texts('modest').length === 1 && sink.story('c').at(-1) === 'close outbox_full');
  expect(sink.texts('c').length).toBeLessThan(4);
  expect(outbox.state().heldBytes).toBe(0);
});

it('keeps backends from hearing of a connection whose open event was refused', async () => {
  const { sink, addWorker } = await relayedOutbox({ maxEvents: 20 });
  const { relay, refused } = await addWorker(1);
  sink.close();
  for (let count = 0; count < 30; count += 1) {
    relay.append(openOf(`c${count}`));
    relay.append(messageOf(`c${count}`, 'hello'));
  }
  await settle(() => refused.length > 0 && relay.state().events === 0);
  const gone = new Set(refused.map((line) => line.split(' ')[0] ?? ''));
  for (const connection of gone) relay.append(closeOf(connection));
  sink.open();
  await settle(() => relay.deliveredThrough === 60 + gone.size);
  expect(new Set(refused.map((line) => line.replace(/^\S+ /, '')))).toEqual(new Set(['outbox_full open']));
  for (const connection of gone) expect(sink.story(connection)).toEqual([]);
  expect(sink.taken.filter(({ action }) => action === 'open').length).toBe(30 - gone.size);
});

it('stops once everything is taken', async () => {
  const { sink, addWorker } = await relayedOutbox();
  const { relay } = await addWorker(1);
  for (let count = 0; count < 100; count += 1) relay.append(openOf(`c${count}`));
  expect(await relay.stop(10_000)).toBe(0);
  await settle(() => sink.taken.length === 100);
  expect(relay.append(openOf('late'))).toBe(DOES_NOT_FIT);
});

it('holds back in the outbox what a mirror of a worker holds', async () => {
  const { sink, gate, addWorker } = await relayedOutbox();
  const opens = new HeldOpens(systemClock);
  const [one, two] = [await addWorker(1, opens), await addWorker(2)];
  one.relay.append(openOf('before'));
  await settle(() => sink.taken.length === 1);
  const dueAt = systemClock.now() + 60_000;
  opens.hold(one.relay.append(openOf('a')), dueAt);
  one.relay.append(messageOf('a', 'm'));
  opens.hold(one.relay.append(openOf('b')), dueAt);
  await settle(() => gate.heldFrom() === 2 && one.relay.state().events === 0);
  two.relay.append(openOf('other'));
  await settle(() => two.relay.state().events === 0);
  expect(sink.taken.length).toBe(1);
  opens.liftThrough(2);
  await settle(() => sink.taken.length === 3);
  expect(gate.heldFrom()).toBe(4);
  one.worker.destroy('killed');
  await settle(() => sink.story('other').length === 1);
  expect(gate.heldFrom()).toBe(Infinity);
});

it('closes the connections of a worker that is gone exactly once, after all that it left', async () => {
  const { sink, closes, gone, intake, log, addWorker } = await relayedOutbox({ maxEvents: 5_000 });
  const [dying, living] = [await addWorker(1), await addWorker(2)];
  living.relay.append(openOf('other'));
  for (let count = 0; count < 100; count += 1) dying.relay.append(openOf(`c${count}`, 'old=1'));
  for (let count = 0; count < 50; count += 1) dying.relay.append(closeOf(`c${count}`));
  dying.relay.retagged({ connection: 'c60', tags: 'new=1', destinations: ['there'] });
  await settle(() => intake.connections === 51);
  dying.socketsOf(dying.supervisor).input.pause();
  for (let count = 50; count < 100; count += 1) {
    for (const text of ['1', '2', '3']) dying.relay.append(messageOf(`c${count}`, text));
    dying.worker.flush();
  }
  dying.relay.append(closeOf('c99'));
  dying.worker.flush();
  const half = encodeFrame({
    kind: LINK_KIND.events,
    flags: 0,
    op: 0,
    fromNode: 1,
    fromBoot: 0,
    call: 0,
    place: 0,
    deadlineMs: 0,
    body: Buffer.alloc(4_000, 1),
  });
  dying.socketsOf(dying.worker).output.write(half.subarray(0, 3_000));
  await settle(() => dying.socketsOf(dying.worker).output.writableLength === 0);
  dying.worker.destroy('killed');
  dying.socketsOf(dying.supervisor).input.resume();
  await settle(() => gone.length === 1 && sink.taken.length === 1 + 100 + 50 + 150 + 50);
  const stories = Array.from({ length: 100 }, (_, count) => sink.story(`c${count}`));
  for (const story of stories.slice(0, 50)) expect(story).toEqual(['open', 'close closed_by_client']);
  const talk = ['open', 'message', 'message', 'message'];
  for (const story of stories.slice(50, 99)) expect(story).toEqual([...talk, 'close worker_crashed']);
  expect(stories.at(-1)).toEqual([...talk, 'close closed_by_client']);
  for (let count = 50; count < 100; count += 1) expect(sink.texts(`c${count}`)).toEqual(['1', '2', '3']);
  const retagged = sink.taken.find(({ connection, action }) => connection === 'c60' && action === 'close');
  expect(retagged).toMatchObject({ tags: 'new=1', destinations: ['there'] });
  expect(new Set(closes).size).toBe(49);
  expect(closes.length).toBe(49);
  const line = log.lines.find(({ event }) => event === 'worker.connections-closed');
  expect(line?.fields).toEqual({ worker: '0001/w1', closes: 49 });
  expect([intake.connections, intake.has('other'), intake.has('c60')]).toEqual([1, true, false]);
});

it('closes the connections of a worker that is gone after what had to wait for room', async () => {
  const { sink, gone, intake, addWorker } = await relayedOutbox({ maxEvents: 100 });
  const { relay, worker } = await addWorker(1);
  sink.close();
  const accepted: string[] = [];
  relay.append(openOf('a'));
  for (let count = 0; count < 250; count += 1) {
    if (relay.append(messageOf('a', String(count))) > 0) accepted.push(String(count));
  }
  worker.flush();
  await settle(() => relay.state().events === 0);
  worker.destroy('killed');
  await settle(() => intake.leaving === 1);
  expect(gone).toEqual([]);
  sink.open();
  await settle(() => gone.length === 1 && sink.story('a').at(-1) === 'close worker_crashed');
  expect(accepted.length).toBeGreaterThan(100);
  expect(sink.texts('a')).toEqual(accepted);
});

it('treats bytes that are not records as the end of the worker', async () => {
  const { sink, gone, addWorker } = await relayedOutbox();
  const { relay, worker } = await addWorker(1);
  relay.append(openOf('a'));
  worker.flush();
  worker.send({ kind: LINK_KIND.events, body: Buffer.from([9, 0, 0, 0, 1, 3, 0]) });
  await settle(() => gone.length === 1 && sink.taken.length === 2);
  expect(sink.story('a')).toEqual(['open', 'close worker_crashed']);
});
