import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { HttpExchange } from '../../../../src/gateway/transport/http/http-exchange.js';
import { onTransport, type Bench } from '../transport-fixture.js';

const HEADERS = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Other': 'a' };
const BODY = '{"héllo": "☃"}';

/**
 * Answers with a text, which may leave at once, or with the same in bytes, which leave as Node
 * writes them.
 */
async function answer(exchange: HttpExchange): Promise<void> {
  const { path, query } = exchange.request;
  if (query !== 'early') await exchange.readBody(1000);
  const body = query === 'empty' ? '' : BODY;
  exchange.answer({ status: 200, headers: HEADERS, body: path === '/text' ? body : Buffer.from(body) });
}

/**
 * Everything that comes until the server ends or the requests are answered; `Date` and the order of
 * header lines do not count.
 */
async function ask(port: number, requests: string, answers: number): Promise<string[][]> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(requests);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) {
    text += String(chunk);
    if (text.split('HTTP/1.1 ').length > answers && endsComplete(text)) break;
  }
  return text.split(/(?=HTTP\/1\.1 )/).map((one) =>
    one
      .replace(/Date: [^\r]+\r\n/, 'Date: any\r\n')
      .split('\r\n')
      .toSorted(),
  );
}

/** The last answer's body is there. */
function endsComplete(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '));
  const length = Number(/Content-Length: (\d+)/.exec(last)?.[1] ?? Infinity);
  return last.includes('\r\n\r\n') && (length === 0 || last.endsWith(BODY));
}

const post = (path: string, rest = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${rest}Content-Length: 3\r\n\r\nabc`;
const CASES: readonly (readonly [string, (path: string) => string, number])[] = [
  ['a POST', (path) => post(path), 1],
  ['a GET', (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`, 1],
  ['an answer without a body', (path) => post(`${path}?empty`), 1],
  ['an answer before the body is read', (path) => post(`${path}?early`), 1],
  [
    'HEAD, and a GET behind it',
    (path) => `HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    2,
  ],
  ['Connection: keep-alive', (path) => post(path, 'Connection: keep-alive\r\n'), 1],
  ['Connection: close', (path) => post(path, 'Connection: close\r\n'), 1],
  ['HTTP/1.0', (path) => `GET ${path} HTTP/1.0\r\n\r\n`, 1],
  ['HTTP/1.0 that stays', (path) => `GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`, 1],
  ['three requests in one packet', (path) => post(path) + post(`${path}?empty`) + post(path), 3],
];

onTransport('ws', 'an answer that is written at once', (bench: Bench) => {
  it.each(CASES)('equals what Node would write: %s', async (_what, requests, answers) => {
    const { port } = await bench.start({ http: answer });
    const whole = await ask(port, requests('/text'), answers);
    expect(whole).toHaveLength(answers);
    expect(whole).toEqual(await ask(port, requests('/bytes'), answers));
  });

  it('refuses an invalid header, as Node would', async () => {
    const broken = async (exchange: HttpExchange): Promise<void> => {
      await exchange.readBody(10);
      exchange.answer({ status: 200, headers: { 'X-Broken': 'a\r\nb' }, body: BODY });
    };
    const { port, log } = await bench.start({ http: broken });
    const [answered] = await ask(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 1);
    expect(answered).toEqual(['']);
    expect(log.events).toContain('transport.http-handler-failed');
  });
});
