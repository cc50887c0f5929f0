import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { RawWebSocket, type RawFrame } from '../../../support/raw-websocket.js';
import { createTransport, PATH } from '../transport-fixture.js';

const MAX_BYTES = 80_000;
const NEGOTIATE = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_no_context_takeover' };
const CLOSE = 0x88;

/** One server's reaction to a stream: the messages, and its answers. */
interface Outcome {
  readonly messages: readonly string[];
  readonly answers: readonly string[];
}

interface Peer {
  /** Sends the parts one after the other, and waits until the server has ended the connection. */
  run(parts: readonly Buffer[]): Promise<Outcome>;
  stop(): Promise<unknown>;
}

const shown = (payload: Uint8Array, isBinary: boolean) =>
  `${isBinary ? 'binary' : 'text'} ${payload.length} ${Buffer.from(payload).toString('base64').slice(0, 200)}`;

const answerOf = ({ opcode, payload }: RawFrame) =>
  `${opcode} ${(opcode === 8 ? payload.subarray(0, 2) : payload).toString('hex')}`;

async function talk(port: number, parts: readonly Buffer[]): Promise<string[]> {
  const client = await RawWebSocket.open(port, PATH, NEGOTIATE);
  for (const part of parts) {
    client.write(part);
    await new Promise(setImmediate);
  }
  const answers: string[] = [];
  for (;;) {
    const frame = await client.frame();
    answers.push(answerOf(frame));
    if (frame.opcode === 8) break;
  }
  client.destroy();
  return answers;
}

/** The library as it is. */
async function startLibrary(): Promise<Peer> {
  const http = createServer();
  const options = {
    server: http,
    maxPayload: MAX_BYTES,
    perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true },
  };
  const server = new WebSocketServer(options);
  let messages: string[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => messages.push(shown(data, isBinary)));
    socket.on('error', () => undefined);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    async run(parts) {
      messages = [];
      return { answers: await talk(port, parts), messages };
    },
    async stop() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function startOurs(): Promise<Peer> {
  const { transport, handler } = await createTransport('ws', {
    endpoints: [{ compression: true, maxMessageBytes: MAX_BYTES }],
  });
  let messages: string[] = [];
  handler.onMessage = (_, payload, isBinary) => messages.push(shown(payload, isBinary));
  const { port } = await transport.listen();
  return {
    async run(parts) {
      messages = [];
      return { answers: await talk(port, parts), messages };
    },
    stop: () => transport.stop(),
  };
}

function frame(first: number, payload: Buffer, mask: number, isMasked = true): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(2 + (length > 65_535 ? 8 : length > 125 ? 2 : 0));
  head[0] = first;
  head[1] = (isMasked ? 0x80 : 0) | (length > 65_535 ? 127 : length > 125 ? 126 : length);
  if (length > 65_535) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length > 125) head.writeUInt16BE(length, 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  return Buffer.concat([head, key, payload.map((byte, i) => byte ^ (key[i & 3] ?? 0))]);
}

function deflated(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

interface Message {
  readonly size: number;
  readonly isText: boolean;
  readonly isDeflated: boolean;
  readonly cuts: readonly number[];
  readonly pingBetween: boolean;
  readonly mask: number;
}

const message: fc.Arbitrary<Message> = fc.record({
  size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 60_000, max: MAX_BYTES + 2 })),
  isText: fc.boolean(),
  isDeflated: fc.boolean(),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  pingBetween: fc.boolean(),
  mask: fc.integer({ min: 0, max: 0xffff_ffff }),
});

function framesOf({ size, isText, isDeflated, cuts, pingBetween, mask }: Message): Buffer[] {
  const plain = isText
    ? Buffer.from('grüß dich, '.repeat(size / 10 + 1)).subarray(0, size)
    : Buffer.alloc(size, mask & 0xff);
  const payload = isDeflated ? deflated(plain) : plain;
  const ends = [...cuts.map((cut) => Math.floor(cut * payload.length)).toSorted((a, b) => a - b), payload.length];
  const frames: Buffer[] = [];
  let start = 0;
  for (const [index, end] of ends.entries()) {
    const first = index === 0 ? (isText ? 1 : 2) | (isDeflated ? 0x40 : 0) : 0;
    const final = index === ends.length - 1 ? 0x80 : 0;
    frames.push(frame(first | final, payload.subarray(start, end), mask));
    if (pingBetween) frames.push(frame(0x89, Buffer.from(`ping ${index}`), mask));
    start = end;
  }
  return frames;
}

const broken = fc.constantFrom(
  frame(0x91, Buffer.from('reserved bit'), 1),
  frame(0x81, Buffer.from('not masked'), 0, false),
  frame(0x83, Buffer.from('opcode 3'), 1),
  frame(0x8b, Buffer.from('opcode 11'), 1),
  frame(0x80, Buffer.from('continues nothing'), 1),
  frame(0xc0, Buffer.from('deflated continuation'), 1),
  frame(0x09, Buffer.from('fragmented ping'), 1),
  frame(0xc9, Buffer.from('deflated ping'), 1),
  frame(0x89, Buffer.alloc(126), 1),
  frame(0x88, Buffer.from([3]), 1),
  frame(0x88, Buffer.from([3, 0xec]), 1),
  frame(0x88, Buffer.from([3, 0xe8, 0xff]), 1),
  frame(0x81, Buffer.from([0xc3, 0x28]), 1),
  frame(0xc1, Buffer.from([0xff, 0xff, 0xff]), 1),
  frame(0xc2, deflated(Buffer.alloc(MAX_BYTES + 1)), 1),
  Buffer.concat([frame(0x01, Buffer.from('begun'), 1), frame(0x81, Buffer.from('another'), 1)]),
  Buffer.from([0x82, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
);

const stream = fc
  .tuple(fc.array(message, { maxLength: 5 }), fc.option(broken, { freq: 2 }), fc.array(message, { maxLength: 1 }))
  .map(([before, bad, after]) =>
    Buffer.concat([
      ...before.flatMap(framesOf),
      ...(bad === null ? [] : [bad]),
      ...after.flatMap(framesOf),
      frame(CLOSE, Buffer.from([3, 0xe8]), 7),
    ]),
  );

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0);
}

let library: Peer;
let ours: Peer;
beforeAll(async () => {
  library = await startLibrary();
  ours = await startOurs();
});
afterAll(async () => {
  await ours.stop();
  await library.stop();
});

it('reads what the library reads, and ends as it does, however the stream is split', { timeout: 180_000 }, async () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(stream, cuts, async (bytes, where) => {
      const parts = split(bytes, where);
      expect(await ours.run(parts)).toEqual(await library.run(parts));
    }),
    { numRuns: 400 },
  );
});

it('reads what the library reads when every byte comes alone', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      stream.filter(({ length }) => length < 900),
      async (bytes) => {
        const parts = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(await ours.run(parts)).toEqual(await library.run(parts));
      },
    ),
    { numRuns: 15 },
  );
});
