import fc from 'fast-check';
import { anyBytes } from './bytes.mjs';
import { header, nastyValue, requestHead, usually } from './request-text.mjs';

/** Nothing here may reach the witness: no `all=true`, and none of its tags. */
const target = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      '/send?kind=fuzz',
      '/send?id=a,b',
      '/send',
      '/close?kind=fuzz',
      '/close?id=,',
      '/settags?kind=fuzz',
      '/settags?x=%ff&y=%',
      '/status?limit=1',
      '/batch',
      '/batch?wait=%',
      '/tree',
      '/nodes',
      '/events',
      '/events?since=x',
      '/metrics',
      '/healthz',
      '/readyz',
      '//send?kind=fuzz',
      '/nothing',
    ),
  },
  { weight: 1, arbitrary: nastyValue.map((value) => `/${value}`) },
);
const method = fc.oneof(usually('POST', 'HEAD', 'PUT', 'TRACE', 'CONNECT'), usually('GET', 'get', 'POST\0'));

const contentLength = header(
  'Content-Length',
  usually('5', '0', '-1', '+5', '05', '5, 5', '5 5', '0x5', '18446744073709551621'),
);
const transferEncoding = header(
  'Transfer-Encoding',
  usually('chunked', 'identity', 'chunked, identity', 'gzip, chunked', 'xchunked', 'chunked;', '\tchunked', 'CHUNKED'),
);
const framing = fc.oneof(
  contentLength,
  transferEncoding,
  fc.tuple(contentLength, transferEncoding).map((lines) => lines.join('')),
  fc.tuple(transferEncoding, contentLength).map((lines) => lines.join('')),
  fc.tuple(contentLength, header('Content-Length', fc.constant('6'))).map((lines) => lines.join('')),
  fc.constant(''),
);

const TYPES = [
  'text/plain',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'application/vnd.wsg.batch',
];
const head = requestHead(method, target, [
  header('Host', usually('127.0.0.1', 'localhost', 'evil.example', '127.0.0.1, 127.0.0.1')),
  header('Content-Type', usually(...TYPES)),
  framing,
  fc.oneof(fc.constant(''), header('Expect', fc.constant('100-continue')), header('Origin', fc.constant('http://x'))),
]);

const SMUGGLED = 'POST /send?kind=fuzz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx';
const body = fc.oneof(
  fc
    .constantFrom(
      'hello',
      '5\r\nhello\r\n0\r\n\r\n',
      '0\r\n\r\n',
      '5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
      'ffffffffffffffff\r\nx',
      '10000000000000005\r\nhello\r\n0\r\n\r\n',
      '-5\r\nhello\r\n',
      '5\nhello\n0\n\n',
      `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
      `0\r\n\r\n${SMUGGLED}`,
      `hello${SMUGGLED}`,
      'a=1&b=%zz&=&c',
      `${'k=v&'.repeat(5_000)}`,
      '{"selector":"kind=fuzz","text":"\\ud800"}\n{"selector":"kind=fuzz","base64":"="}\n\n{',
      '\0\0\0\0\x09\0\0\0\x01kind=fuzzx\x01\xff\xff\xff\xff\xff\xff\xff\xff',
      '',
    )
    .map((text) => Buffer.from(text, 'latin1')),
  anyBytes(64),
);

/**
 * One or two requests to the internal API, framed in all the ways in which front and back disagree.
 */
export const httpInput = fc
  .array(fc.tuple(head, body), { minLength: 1, maxLength: 2 })
  .map((requests) => Buffer.concat(requests.flat()));
