import { connect } from 'node:net';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { encodeFrame, FrameReader, type Frame } from '../../../src/gateway/calls/frame.js';
import { UNCOPIED_BYTES, type FrameLink } from '../../../src/gateway/workers/frame-link.js';
import { LINK_KIND } from '../../../src/gateway/workers/link-frames.js';
import { connectLink, LinkServer } from '../../../src/gateway/workers/link-server.js';
import { linkPair } from '../../support/link-pair.js';
import { settle } from '../../support/settle.js';

const MIB = 1024 * 1024;

function frame(body: Uint8Array, call = 0): Frame {
  return { kind: 1, flags: 2, op: 3, fromNode: 4, fromBoot: 5, call, place: 6, deadlineMs: 7, body };
}

it('finds the same frames wherever the bytes are cut', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  const cuts = fc.array(fc.nat(400), { maxLength: 12 });
  fc.assert(
    fc.property(bodies, cuts, (contents, places) => {
      const bytes = Buffer.concat(contents.map((body, call) => encodeFrame(frame(body, call))));
      const reader = new FrameReader(1_000);
      const found: Frame[] = [];
      let from = 0;
      for (const end of [...places.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length]) {
        found.push(...reader.push(bytes.subarray(from, end)));
        from = end;
      }
      expect(found.map(({ call, body }) => [call, [...body]])).toEqual(contents.map((body, call) => [call, [...body]]));
      expect(reader.pendingBytes).toBe(0);
    }),
  );
});

it('copies a frame of many chunks a few times at most', () => {
  const bytes = encodeFrame(frame(Buffer.alloc(16 * MIB, 7)));
  const reader = new FrameReader(32 * MIB);
  const frames: Frame[] = [];
  const before = performance.now();
  // A reader that joins all chunks at each of them would copy 64 GiB.
  for (let at = 0; at < bytes.length; at += 2_000) frames.push(...reader.push(bytes.subarray(at, at + 2_000)));
  expect(frames.map(({ body }) => body.length)).toEqual([16 * MIB]);
  expect(performance.now() - before).toBeLessThan(5_000);
});

it('carries frames of all sizes in both directions, in order', async () => {
  const { supervisor, worker } = await linkPair();
  const sizes = [0, 1, 100, UNCOPIED_BYTES - 1, UNCOPIED_BYTES, 10, 3 * MIB, 0, 16 * MIB, 5];
  for (const [from, to] of [
    [worker, supervisor],
    [supervisor, worker],
  ] as const) {
    const got: number[] = [];
    to.handle(LINK_KIND.events, ({ call, body }) => {
      expect(body.every((byte) => byte === call)).toBe(true);
      got.push(body.length);
    });
    for (const [call, size] of sizes.entries()) {
      from.send({ kind: LINK_KIND.events, call, body: Buffer.alloc(size, call) });
    }
    await settle(() => got.length === sizes.length);
    expect(got).toEqual(sizes);
  }
});

it('writes what a tick owes at once, with what listeners add', async () => {
  const { supervisor, worker, chunksOf } = await linkPair();
  const chunks = chunksOf(supervisor);
  const got: number[] = [];
  supervisor.handle(LINK_KIND.events, ({ call }) => void got.push(call));
  worker.beforeWrite(() => worker.send({ kind: LINK_KIND.events, call: 9 }));
  for (const call of [1, 2, 3]) worker.send({ kind: LINK_KIND.events, call });
  await settle(() => got.length === 4);
  expect(got).toEqual([9, 1, 2, 3]);
  expect(chunks.count).toBe(1);
});

it('reports the end after everything that a killed process left, although writes fail before', async () => {
  const { supervisor, worker, socketsOf } = await linkPair();
  const sockets = socketsOf(supervisor);
  const got: number[] = [];
  let gotAtEnd = -1;
  supervisor.handle(LINK_KIND.events, ({ call }) => void got.push(call));
  supervisor.onClosed(() => (gotAtEnd = got.length));
  sockets.input.pause();
  for (let call = 0; call < 50; call += 1) {
    worker.send({ kind: LINK_KIND.events, call, body: Buffer.alloc(1_000) });
  }
  worker.flush();
  // Half of a frame is all that the process still wrote.
  socketsOf(worker).output.write(encodeFrame(frame(Buffer.alloc(500))).subarray(0, 300));
  await settle(() => socketsOf(worker).output.writableLength === 0);
  worker.destroy('killed');
  await settle(() => {
    supervisor.send({ kind: LINK_KIND.taken, body: Buffer.alloc(1_000) });
    return sockets.output.destroyed;
  });
  expect(got.length).toBe(0);
  sockets.input.resume();
  await settle(() => gotAtEnd >= 0);
  expect(gotAtEnd).toBe(50);
  let late = '';
  supervisor.onClosed((reason) => (late = reason));
  expect(late).not.toBe('');
});

it('ends in good order: both sides close after all frames', async () => {
  const { supervisor, worker } = await linkPair();
  const log: string[] = [];
  supervisor.handle(LINK_KIND.figures, () => void log.push('frame'));
  supervisor.onClosed(() => log.push('supervisor'));
  worker.onClosed(() => log.push('worker'));
  worker.send({ kind: LINK_KIND.figures });
  worker.end();
  await settle(() => log.length === 3);
  expect(log).toEqual(['frame', 'supervisor', 'worker']);
});

it('has no room while the other process does not read', async () => {
  const { supervisor, worker, socketsOf } = await linkPair();
  socketsOf(worker).input.pause();
  expect(supervisor.hasRoom).toBe(true);
  for (let count = 0; count < 70; count += 1) {
    supervisor.send({ kind: LINK_KIND.figures, body: Buffer.alloc(MIB) });
    supervisor.flush();
  }
  expect(supervisor.hasRoom).toBe(false);
  socketsOf(worker).input.resume();
  await settle(() => supervisor.hasRoom);
});

it('listens in a folder of its user alone, pairs sockets by worker and cuts strangers', async () => {
  const links: FrameLink[] = [];
  const server = new LinkServer((link) => links.push(link));
  onTestFinished(() => server.stop());
  const path = await server.listen();
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  const stranger = connect(path);
  let isCut = false;
  stranger.on('error', () => undefined);
  stranger.on('close', () => (isCut = true));
  stranger.write('GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n');
  const opened = await Promise.all([connectLink(path, 1), connectLink(path, 2)]);
  onTestFinished(() => opened.forEach((link) => link.destroy('the test ends')));
  await settle(() => links.length === 2 && isCut);
  expect(new Set(links.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
});

it('closes a link whose bytes are not frames', async () => {
  const { supervisor, worker, socketsOf } = await linkPair();
  let why = '';
  supervisor.onClosed((reason) => (why = reason));
  socketsOf(worker).output.write(Buffer.alloc(64));
  await settle(() => why !== '');
  expect(why).toContain('a frame of 0 bytes');
});
