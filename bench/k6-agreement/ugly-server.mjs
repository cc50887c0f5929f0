// Servers that break the rules of HTTP and of WebSockets, each under a path of its own: they write
// exactly these bytes.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;
const ok = (...headers) => head('HTTP/1.1 200 OK', ...headers);
const ends = (text) => (socket) => void socket.end(text, 'latin1');
const resets = (text) => (socket) =>
  void socket.write(text, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 20));

/** Answers to plain requests. */
const HTTP = {
  'closes-at-once': (socket) => void socket.end(),
  'resets-at-once': (socket) => void socket.resetAndDestroy(),
  'reset-in-body': resets(`${ok('Content-Length: 100')}half`),
  'reset-in-head': resets('HTTP/1.1 200 OK\r\nContent-Le'),
  'length-too-long': ends(`${ok('Content-Length: 100', 'Connection: close')}short`),
  'length-too-short': ends(`${ok('Content-Length: 3', 'Connection: close')}longer`),
  'length-negative': ends(`${ok('Content-Length: -5')}text`),
  'length-no-number': ends(`${ok('Content-Length: ten')}text`),
  'two-lengths-alike': ends(`${ok('Content-Length: 4', 'Content-Length: 4')}text`),
  'two-lengths': ends(`${ok('Content-Length: 4', 'Content-Length: 5')}texts`),
  'no-length': ends(`${ok('Connection: close')}until the end`),
  chunks: ends(`${ok('Transfer-Encoding: chunked')}4\r\ntext\r\n0\r\n\r\n`),
  'chunk-size-bad': ends(`${ok('Transfer-Encoding: chunked')}zz\r\ntext\r\n0\r\n\r\n`),
  'chunk-cut': ends(`${ok('Transfer-Encoding: chunked')}10\r\ntext`),
  'chunk-last-missing': ends(`${ok('Transfer-Encoding: chunked')}4\r\ntext\r\n`),
  'chunk-trailers': ends(`${ok('Transfer-Encoding: chunked', 'Trailer: X-T')}4\r\ntext\r\n0\r\nX-T: 1\r\n\r\n`),
  'chunked-and-length': ends(`${ok('Transfer-Encoding: chunked', 'Content-Length: 2')}4\r\ntext\r\n0\r\n\r\n`),
  'encoding-unknown': ends(`${ok('Transfer-Encoding: magic')}text`),
  'continue-first': ends(`${head('HTTP/1.1 100 Continue')}${ok('Content-Length: 4')}text`),
  'hints-first': ends(`${head('HTTP/1.1 103 Early Hints', 'Link: </x>')}${ok('Content-Length: 4')}text`),
  switching: ends(head('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', 'Connection: Upgrade')),
  'no-content-with-body': ends(`${head('HTTP/1.1 204 No Content', 'Connection: close')}text`),
  'not-modified': ends(head('HTTP/1.1 304 Not Modified', 'Content-Length: 10', 'Connection: close')),
  'header-of-60k': ends(`${ok(`X-Long: ${'l'.repeat(60_000)}`, 'Content-Length: 4')}text`),
  'header-of-2m': ends(`${ok(`X-Long: ${'l'.repeat(2_000_000)}`, 'Content-Length: 4')}text`),
  'header-without-colon': ends(`${ok('Nonsense', 'Content-Length: 4')}text`),
  'header-name-with-space': ends(`${ok('X Bad: 1', 'Content-Length: 4')}text`),
  'header-folded': ends(`${ok('X-Fold: a', ' b', 'Content-Length: 4')}text`),
  'header-latin1': ends(`${ok('X-L: \xe9', 'Content-Length: 4')}text`),
  'header-twice': ends(`${ok('X-Two: a', 'X-Two: b', 'Content-Length: 4')}text`),
  'bare-newlines': ends('HTTP/1.1 200 OK\nContent-Length: 4\n\ntext'),
  'no-http': ends('hello\r\n'),
  'version-old': ends('HTTP/1.0 200 OK\r\n\r\ntext'),
  'version-bad': ends(`${head('HTTP/9.9 200 OK', 'Content-Length: 4')}text`),
  'status-of-two': ends(`${head('HTTP/1.1 20 OK', 'Content-Length: 4')}text`),
  'status-of-four': ends(`${head('HTTP/1.1 2000 OK', 'Content-Length: 4')}text`),
  'status-999': ends(`${head('HTTP/1.1 999 Odd', 'Content-Length: 4')}text`),
  'status-without-text': ends(`${head('HTTP/1.1 200', 'Content-Length: 4')}text`),
  'gzip-garbage': ends(`${ok('Content-Encoding: gzip', 'Content-Length: 7')}garbage`),
  'gzip-empty': ends(ok('Content-Encoding: gzip', 'Content-Length: 0')),
  'deflate-garbage': ends(`${ok('Content-Encoding: deflate', 'Content-Length: 7')}garbage`),
  'coding-unknown': ends(`${ok('Content-Encoding: magic', 'Content-Length: 4')}text`),
  'redirect-nowhere': ends(head('HTTP/1.1 302 Found', 'Content-Length: 0', 'Connection: close')),
  'redirect-bad': ends(head('HTTP/1.1 302 Found', 'Location: http://[bad', 'Content-Length: 0', 'Connection: close')),
  'redirect-loop': ends(
    head('HTTP/1.1 302 Found', 'Location: /redirect-loop', 'Content-Length: 0', 'Connection: close'),
  ),
  'redirect-scheme': ends(head('HTTP/1.1 302 Found', 'Location: ftp://x/', 'Content-Length: 0', 'Connection: close')),
  'cookie-bad': ends(ok('Set-Cookie: =;;;', 'Set-Cookie: a b=c', 'Set-Cookie: ok=1', 'Content-Length: 0')),
  silent: () => undefined,
  'silent-in-body': (socket) => void socket.write(`${ok('Content-Length: 100')}half`),
  drips: drips,
  'half-closed': (socket) => void socket.end(`${ok('Content-Length: 4')}text`),
  'answers-twice': ends(`${ok('Content-Length: 4')}text${ok('Content-Length: 5')}twice`),
};

function drips(socket) {
  const bytes = `${ok('Content-Length: 4', 'Connection: close')}text`;
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length || socket.destroyed) {
      clearInterval(timer);
      socket.end();
    } else socket.write(bytes.slice(at, at + 6));
    at += 6;
  }, 5);
}

const frame = (first, payload = '', { masked = false, length } = {}) => {
  const bytes = Buffer.from(payload, 'latin1');
  const size = length ?? bytes.length;
  const field = size < 126 ? [size] : [126, size >> 8, size & 255];
  const mask = masked ? [0, 0, 0, 0] : [];
  return Buffer.from([first, field[0] | (masked ? 128 : 0), ...field.slice(1), ...mask, ...bytes]);
};
const close = (code, reason = '') => frame(0x88, `${String.fromCharCode(code >> 8, code & 255)}${reason}`);
const says =
  (...frames) =>
  (socket, upgrade) =>
    void socket.write(Buffer.concat([upgrade(), ...frames]));
const saysAndEnds =
  (...frames) =>
  (socket, upgrade) =>
    void socket.end(Buffer.concat([upgrade(), ...frames]));
const opens = (lines, accept) => (socket, upgrade) => void socket.end(upgrade({ lines, accept }));

/** Answers to upgrades. */
const WEBSOCKET = {
  'wrong-accept': opens([], 'bm90IHRoaXM='),
  'no-accept': (socket) =>
    void socket.end(head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade')),
  'no-upgrade': (socket, upgrade) =>
    void socket.end(upgrade().toString().replace('Upgrade: websocket\r\n', ''), 'latin1'),
  'no-connection': (socket, upgrade) =>
    void socket.end(upgrade().toString().replace('Connection: Upgrade\r\n', ''), 'latin1'),
  'subprotocol-unasked': (socket, upgrade) => {
    socket.end(Buffer.concat([upgrade({ lines: ['Sec-WebSocket-Protocol: chat'] }), close(1000)]));
  },
  'extension-unasked': (socket, upgrade) => {
    socket.end(Buffer.concat([upgrade({ lines: ['Sec-WebSocket-Extensions: permessage-deflate'] }), close(1000)]));
  },
  'plain-200': ends(`${ok('Content-Length: 4', 'Connection: close')}text`),
  'plain-302': ends(head('HTTP/1.1 302 Found', 'Location: /other', 'Content-Length: 0', 'Connection: close')),
  'plain-401': ends(
    `${head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Basic', 'Content-Length: 4', 'Connection: close')}stop`,
  ),
  'plain-500-chunked': ends(`${head('HTTP/1.1 500 Oops', 'Transfer-Encoding: chunked')}4\r\ntext\r\n0\r\n\r\n`),
  'closed-before-answer': (socket) => void socket.end(),
  'reset-before-answer': (socket) => void socket.resetAndDestroy(),
  'half-an-answer': ends('HTTP/1.1 101 Switching Pro'),
  'no-http': ends('hello\r\n\r\n'),
  'masked-frame': says(frame(0x81, 'hi', { masked: true })),
  'reserved-bit-1': says(frame(0xc1, 'hi')),
  'reserved-bit-2': says(frame(0xa1, 'hi')),
  'reserved-bit-3': says(frame(0x91, 'hi')),
  'opcode-3': says(frame(0x83, 'hi')),
  'opcode-11': says(frame(0x8b, 'hi')),
  'continuation-first': says(frame(0x80, 'hi')),
  'text-in-fragments': says(frame(0x01, 'he'), frame(0x80, 'llo'), close(1000)),
  'text-inside-fragments': says(frame(0x01, 'he'), frame(0x81, 'no')),
  'ping-in-fragments': says(frame(0x01, 'he'), frame(0x89, 'p'), frame(0x80, 'llo'), close(1000)),
  'ping-fragmented': says(frame(0x09, 'p')),
  'ping-too-long': says(frame(0x89, 'p'.repeat(126))),
  'close-too-long': says(frame(0x88, `\x03\xe8${'r'.repeat(124)}`)),
  'close-of-one-byte': says(frame(0x88, '\x03')),
  'close-without-code': says(frame(0x88)),
  'close-1000': says(close(1000, 'fine')),
  'close-1001': says(close(1001, 'away')),
  'close-1002': says(close(1002, 'wrong')),
  'close-1004': says(close(1004)),
  'close-1005': says(close(1005)),
  'close-1006': says(close(1006)),
  'close-1007': says(close(1007)),
  'close-1009': says(close(1009, 'large')),
  'close-1011': says(close(1011, 'oops')),
  'close-1012': says(close(1012)),
  'close-1013': says(close(1013, 'later')),
  'close-1015': says(close(1015)),
  'close-2500': says(close(2500)),
  'close-3000': says(close(3000, 'mine')),
  'close-4999': says(close(4999, 'yours')),
  'close-5000': says(close(5000)),
  'close-0': says(close(0)),
  'close-reason-bad': says(close(1000, '\xff\xfe')),
  'close-twice': says(close(1000), close(1001)),
  'text-after-close': says(close(1000), frame(0x81, 'late')),
  'text-bad-utf8': says(frame(0x81, 'a\xff\xfeb'), close(1000)),
  'text-empty': says(frame(0x81), close(1000)),
  'ends-without-close': saysAndEnds(frame(0x81, 'hi')),
  'ends-in-frame': saysAndEnds(frame(0x81, 'hi', { length: 20 })),
  resets: (socket, upgrade) => void socket.write(upgrade(), () => setTimeout(() => socket.resetAndDestroy(), 50)),
  'length-of-64-bits': says(Buffer.from([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1])),
  'length-not-minimal': says(Buffer.from([0x81, 126, 0, 2, 104, 105]), close(1000)),
  'deflate-garbage': (socket, upgrade) => {
    const extension =
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover';
    socket.write(Buffer.concat([upgrade({ lines: [extension] }), frame(0xc1, 'garbage!')]));
  },
  'pongs-unasked': says(frame(0x8a, 'x'), frame(0x81, 'after'), close(1000)),
};

function upgradeOf(request) {
  const key = /sec-websocket-key: (.*)\r/i.exec(request)?.[1] ?? '';
  const right = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  return ({ lines = [], accept = right } = {}) => {
    const fixed = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    return Buffer.from(head('HTTP/1.1 101 Switching Protocols', ...fixed, ...lines), 'latin1');
  };
}

function serve(socket) {
  socket.on('error', () => undefined);
  let request = '';
  const read = (bytes) => {
    request += bytes.toString('latin1');
    if (!request.includes('\r\n\r\n')) return;
    socket.off('data', read).resume();
    const path = request.split(' ')[1]?.slice(1) ?? '';
    const answers = /upgrade: websocket/i.test(request) ? WEBSOCKET : HTTP;
    const answer = answers[path];
    if (answer === undefined) socket.end();
    else answer(socket, upgradeOf(request));
  };
  socket.on('data', read);
}

export const UGLY_HTTP = Object.keys(HTTP);
export const UGLY_WEBSOCKET = Object.keys(WEBSOCKET);

export async function startUglyServer() {
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${server.address().port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
