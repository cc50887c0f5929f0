import fc from 'fast-check';
import { anyBytes } from './bytes.mjs';
import { frames } from './frame-input.mjs';
import { header, requestHead, usually } from './request-text.mjs';

/** The path that is fuzzed; the witness has another. */
export const FUZZED_PATH = '/fuzz';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

const method = usually('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'G\0ET', 'PRI', 'X'.repeat(5_000));
const target = usually(
  FUZZED_PATH,
  `${FUZZED_PATH}?a=b&c`,
  `/${FUZZED_PATH}`,
  `${FUZZED_PATH}/`,
  `${FUZZED_PATH}#x`,
  '/%66uzz',
  '/%zz',
  `http://127.0.0.1${FUZZED_PATH}`,
  '*',
  '',
  `${FUZZED_PATH}?${'q'.repeat(20_000)}`,
  '/..//../fuzz',
);

const extension = fc.constantFrom(
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=8; server_max_window_bits=8',
  'permessage-deflate; client_max_window_bits=99',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; permessage-deflate',
  'permessage-deflate; server_max_window_bits="10"',
  'permessage-deflate; =; "',
  'x-webkit-deflate-frame',
  'permessage-bzip2, permessage-deflate',
  ',,',
);

const extraHeader = fc.oneof(
  header('Sec-WebSocket-Extensions', extension),
  header('Sec-WebSocket-Protocol', fc.constantFrom('a', 'a, b', ',', 'a,'.repeat(2_000), 'é', '"')),
  header('Content-Length', fc.constantFrom('0', '5', '-1', '+5', '5, 5', '99999999999999999999', 'x')),
  header('Transfer-Encoding', fc.constantFrom('chunked', 'identity', 'chunked, chunked', 'xchunked', ' chunked')),
  header('Origin', fc.constantFrom('null', 'http://x', '\0')),
  header('Cookie', fc.constantFrom('a=b', 'c='.repeat(4_600))),
  header('Expect', fc.constantFrom('100-continue', 'x')),
  header('Upgrade', fc.constantFrom('h2c', 'websocket')),
);

const extraHeaders = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.array(extraHeader, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('')) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 2_100 }).map((count) => 'X-Many: 1\r\n'.repeat(count)) },
);

const head = requestHead(method, target, [
  header('Host', usually('127.0.0.1', 'localhost', 'evil.example', '[::1]:x')),
  header('Upgrade', usually('websocket', 'WebSocket', 'websocket, h2c', 'h2c')),
  header('Connection', usually('Upgrade', 'keep-alive, Upgrade', 'close', 'upgrade')),
  header('Sec-WebSocket-Version', usually('13', '8', '0', '14', '13, 8', '013', '-1', '255', '13 ')),
  header('Sec-WebSocket-Key', usually(KEY, 'x', KEY.slice(1), `${KEY}=`, '=='.repeat(12), 'A'.repeat(24))),
  extraHeaders,
]);

/** Bytes that a client may send before it receives an answer. */
const pipelined = fc.oneof(
  { weight: 3, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 2, arbitrary: frames },
  { weight: 1, arbitrary: anyBytes(200) },
  { weight: 1, arbitrary: fc.constant(Buffer.from(`GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n`)) },
);

/** An opening handshake, with or without something behind it. */
export const handshakeInput = fc.tuple(head, pipelined).map((parts) => Buffer.concat(parts));

/** A handshake that is accepted; compression is asked for or not. */
export function goodHandshake(compressed) {
  const lines = [
    `GET ${FUZZED_PATH} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
    ...(compressed ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
