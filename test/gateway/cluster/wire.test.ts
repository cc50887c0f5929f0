import { expect, it, onTestFinished } from 'vitest';
import { encodeFrame, FRAME_FLAG, FRAME_KIND, readFrames, type Frame } from '../../../src/gateway/calls/frame.js';
import { decodeAnswer, encodeAnswer, encodeCall, OP } from '../../../src/gateway/calls/remote-call.js';
import { encodeBeat, type Beat } from '../../../src/gateway/cluster/beat.js';
import type { EngineTarget } from '../../../src/gateway/cluster/engine.js';
import { textMessage } from '../../../src/gateway/connection/message.js';
import { ClusterFixture, ROOM_A } from '../../support/cluster-fixture.js';

const SELF = { node: 9, boot: 1_800_000_000_000 };
const BEAT: Beat = {
  nonce: 'x',
  host: 'h',
  version: '9.0.0',
  isJoining: false,
  hearsItself: true,
  state: 'ready',
  connections: 0,
  workers: 1,
  closesAfterMs: 0,
  upMs: 1,
  asks: true,
  counts: [],
  hears: [],
  forgot: [],
};

/** A node of another version, written by hand. */
async function withStranger() {
  const cluster = await ClusterFixture.of([1]);
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('one node was started');
  node.open(1);
  const frames: Frame[] = [];
  const engine = cluster.hub.engine();
  const received = (bytes: Uint8Array) => {
    if (Buffer.from(bytes).readUInt16BE(8) === 1) frames.push(...readFrames(bytes));
  };
  await engine.start(SELF, { received, up: () => undefined, down: () => undefined });
  onTestFinished(() => engine.stop());
  const write = (target: EngineTarget, fields: Partial<Frame>, change?: (bytes: Buffer) => void) => {
    const own = { fromNode: SELF.node, fromBoot: SELF.boot, flags: 0, op: 0, call: 0, place: 0, deadlineMs: 1000 };
    const bytes = encodeFrame({ kind: FRAME_KIND.call, body: new Uint8Array(0), ...own, ...fields });
    change?.(bytes);
    engine.publish(target, bytes);
  };
  write({ to: 'beats' }, { kind: FRAME_KIND.beat, body: encodeBeat({ ...BEAT, counts: [{ node: 1, boot: 0 }] }) });
  await cluster.turn();
  const boot = frames.find(({ kind }) => kind === FRAME_KIND.beat)?.fromBoot ?? 0;
  const counts = [{ node: 1, boot }];
  write({ to: 'beats' }, { kind: FRAME_KIND.beat, place: 1, body: encodeBeat({ ...BEAT, counts }) });
  await cluster.turn();
  frames.length = 0;
  return { cluster, node, frames, write, boot };
}

const SEND_X = encodeCall({ op: 'send', selector: ROOM_A, message: textMessage('x') });

it('answers unsupported to an operation that it does not know, and ignores another version of frames', async () => {
  const { cluster, node, frames, write } = await withStranger();
  write({ to: 'all' }, { op: 99, flags: FRAME_FLAG.wantsAnswer, call: 1 });
  write({ to: 'all' }, { ...SEND_X, call: 2, place: 1 }, (bytes) => bytes.writeUInt8(2, 4));
  write({ to: 'all' }, { ...SEND_X, call: 3, place: 2, flags: FRAME_FLAG.wantsAnswer });
  await cluster.turn();
  const answers = frames.map(({ call, body }) => [call, decodeAnswer(OP.send, body)]);
  expect(answers).toEqual([
    [1, { outcome: 'unsupported', reason: 'the operation 99 is not known here' }],
    [3, { outcome: 'done', count: 1 }],
  ]);
  expect(node.received).toEqual([['x']]);
});

it('reports a node that does not know an operation as refusing it', async () => {
  const { cluster, node, frames, write, boot } = await withStranger();
  const outcome = node.send('x');
  await cluster.turn();
  const [{ call, op } = { call: -1, op: 0 }] = frames;
  const body = encodeAnswer({ outcome: 'unsupported', reason: 'not here' });
  write({ to: 'inbox', node: 1, boot }, { kind: FRAME_KIND.answer, call, op, body });
  expect(await outcome).toMatchObject({ silent: [], refused: new Map([['0009', 'not here']]) });
});

it('counts frames that do not arrive, by their sender', async () => {
  const { cluster, node, write } = await withStranger();
  for (const place of [0, 1, 4, 4, 5]) write({ to: 'all' }, { ...SEND_X, call: 10 + place, place });
  write({ to: 'node', node: 1 }, { ...SEND_X, call: 20, place: 7, flags: FRAME_FLAG.direct });
  write({ to: 'node', node: 1 }, { ...SEND_X, call: 21, place: 9, flags: FRAME_FLAG.direct });
  await cluster.turn();
  expect(node.bus.state().framesLost).toEqual(new Map([['0009', 3]]));
  expect(node.received).toEqual([['x', 'x', 'x', 'x', 'x', 'x']]);
});

it('survives messages that are not frames, and bodies that are not calls', async () => {
  const { cluster, node, frames, write } = await withStranger();
  write({ to: 'all' }, { op: OP.send, call: 1, flags: FRAME_FLAG.wantsAnswer, body: Uint8Array.of(0, 0, 0, 9, 1) });
  write({ to: 'all' }, { ...SEND_X, call: 2, place: 1 }, (bytes) => bytes.writeUInt32BE(5000, 0));
  write({ to: 'beats' }, { kind: FRAME_KIND.beat, place: 2, body: Buffer.from('{') });
  write({ to: 'all' }, { kind: FRAME_KIND.part, place: 1, call: 3, body: Uint8Array.of(1, 0) });
  write({ to: 'all' }, { kind: 200, place: 2 });
  write({ to: 'all' }, { ...SEND_X, call: 4, place: 3, flags: FRAME_FLAG.wantsAnswer });
  await cluster.turn();
  expect(frames.map(({ call, body }) => [call, decodeAnswer(OP.send, body).outcome])).toEqual([
    [1, 'refused'],
    [4, 'done'],
  ]);
  expect(node.log.events).toContain('cluster.message-invalid');
});

it('repeats the answer to a call that arrives again, also while the first is worked on', async () => {
  const { cluster, node, frames, write } = await withStranger();
  const call = { ...SEND_X, flags: FRAME_FLAG.wantsAnswer, call: 7 };
  write({ to: 'all' }, call);
  write({ to: 'node', node: 1 }, { ...call, flags: call.flags | FRAME_FLAG.direct | FRAME_FLAG.again });
  const tags = encodeCall({ op: 'settags', selector: ROOM_A, changes: new Map([['a', 'b']]) });
  for (const place of [1, 2]) write({ to: 'all' }, { ...tags, flags: FRAME_FLAG.wantsAnswer, call: 8, place });
  await cluster.turn();
  expect(frames.map(({ call: number, body }) => [number, decodeAnswer(OP.send, body)])).toEqual([
    [7, { outcome: 'done', count: 1 }],
    [7, { outcome: 'done', count: 1 }],
    [8, { outcome: 'done', count: 1 }],
  ]);
  expect(node.received).toEqual([['x']]);
  expect(node.bus.state()).toMatchObject({ callsApplied: 2, callsRepeated: 2 });
});
