// Stands for your server: a WebSocket echo that answers after DELAY_MS. It listens where TARGET says (by default
// ws://127.0.0.1:8080/) and needs Node and nothing else.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const { port } = new URL(process.env.TARGET ?? 'ws://127.0.0.1:8080/');
const delayMs = Number(process.env.DELAY_MS ?? 0);

/** RFC 6455, section 1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** RFC 6455, section 5.2. */
const Opcode = { close: 0x8, ping: 0x9, pong: 0xa };
const MASK_BYTES = 4;

const server = createServer((_request, response) => response.writeHead(426).end());

server.on('upgrade', ({ headers }, socket, head) => {
  const key = headers['sec-websocket-key'];
  const accept = createHash('sha1').update(`${key}${HANDSHAKE_GUID}`).digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let waiting = Buffer.alloc(0);
  const take = (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (let frame = readFrame(waiting); frame !== undefined; frame = readFrame(waiting)) {
      waiting = waiting.subarray(frame.bytes);
      answer(socket, frame);
    }
  };
  socket.on('data', take);
  take(head);
});

/** The first frame of a client's bytes, unmasked; undefined until all of it is there. */
function readFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const code = bytes[1] & 0x7f;
  const start = 2 + ({ 126: 2, 127: 8 }[code] ?? 0) + MASK_BYTES;
  if (bytes.length < start) return undefined;
  let length = code;
  if (code === 126) length = bytes.readUInt16BE(2);
  // A length of 8 bytes is read as its lower 6 bytes, because a number holds no more.
  if (code === 127) length = bytes.readUIntBE(4, 6);
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - MASK_BYTES, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let index = 0; index < length; index += 1) payload[index] ^= mask[index % MASK_BYTES];
  return { first: bytes[0], payload, bytes: start + length };
}

/** Sends data frames back as they came: a message in fragments is answered in fragments. */
function answer(socket, { first, payload }) {
  const opcode = first & 0x0f;
  if (opcode === Opcode.ping) writeFrame(socket, 0x80 | Opcode.pong, payload);
  else if (opcode === Opcode.close) socket.end(frameOf(first, payload));
  else if (opcode !== Opcode.pong) setTimeout(writeFrame, delayMs, socket, first, payload);
}

function writeFrame(socket, first, payload) {
  if (socket.writable) socket.write(frameOf(first, payload));
}

/** A frame as servers send it: without a mask. */
function frameOf(first, payload) {
  const { length } = payload;
  let head = Buffer.from([first, length]);
  if (length > 0xffff) {
    head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUIntBE(length, 4, 6);
  } else if (length > 125) {
    head = Buffer.from([first, 126, length >> 8, length & 0xff]);
  }
  return Buffer.concat([head, payload]);
}

server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
