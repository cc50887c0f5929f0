import { describe, expect, it } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { SupervisedGateway } from '../../support/supervised-gateway.js';

const KEY = 'a-key-that-is-long-enough-for-this-test';

/** Requests whose answers do not depend on the process. */
const REQUESTS: readonly (readonly [what: string, head: string])[] = [
  ['an unknown path', 'GET /nothing HTTP/1.1\r\nHost: localhost'],
  ['the wrong method', 'GET /send?a=b HTTP/1.1\r\nHost: localhost'],
  ['the wrong method of a handed route', 'POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0'],
  ['an unclean path', 'GET //status?all=true HTTP/1.1\r\nHost: localhost'],
  ['an invalid escape', 'GET /%zz HTTP/1.1\r\nHost: localhost'],
  ['a path of clients', 'GET /connect HTTP/1.1\r\nHost: localhost'],
  ['no selector', 'GET /status HTTP/1.1\r\nHost: localhost'],
  ['a listing', 'GET /status?all=true HTTP/1.1\r\nHost: localhost'],
  ['a listing as JSON', 'GET /status?all=true HTTP/1.1\r\nHost: localhost\r\nAccept: application/json'],
  ['only the head of a listing', 'HEAD /status?all=true HTTP/1.1\r\nHost: localhost'],
  ['the tags', 'GET /tree HTTP/1.1\r\nHost: localhost'],
  ['a send without connections', 'POST /send?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0'],
  ['a parameter of events that does not exist', 'GET /events?until=3 HTTP/1.1\r\nHost: localhost'],
  ['only the head of health', 'HEAD /events HTTP/1.1\r\nHost: localhost'],
  [
    'a preflight',
    `OPTIONS /status HTTP/1.1\r\nHost: localhost\r\nOrigin: https://ok.example\r\nAccess-Control-Request-Method: GET`,
  ],
  ['an origin that is listed', 'GET /status?all=true HTTP/1.1\r\nHost: localhost\r\nOrigin: https://ok.example'],
  ['an origin that is not', 'GET /status?all=true HTTP/1.1\r\nHost: localhost\r\nOrigin: https://no.example'],
  ['a host that is not allowed', 'GET /status?all=true HTTP/1.1\r\nHost: evil.example'],
];

describe('a request of the internal API on the port of clients', () => {
  it('is answered by workers as by one process', { timeout: 90_000 }, async () => {
    const config = { internal_api_keys: [KEY], internal_allowed_origins: ['https://ok.example'] };
    const [alone, workers] = await Promise.all([
      SupervisedGateway.start({ config, workers: 1 }),
      SupervisedGateway.start({ config }),
    ]);
    for (const [what, head] of REQUESTS) {
      for (const key of [KEY, 'wrong', undefined]) {
        const expected = await answerOf(alone, head, key);
        expect(expected.length, what).toBeGreaterThan(0);
        expect(await answerOf(workers, head, key), what).toBe(expected);
      }
    }
  });

  it('shows details of health to those alone who may use the API', { timeout: 60_000 }, async () => {
    const workers = await SupervisedGateway.start({ config: { internal_api_keys: [KEY] } });
    for (const path of ['/healthz', '/readyz']) {
      const head = `GET ${path} HTTP/1.1\r\nHost: localhost`;
      expect(await answerOf(workers, head, KEY)).toContain('\nworker_2: up pid=');
      expect(await answerOf(workers, head, 'wrong')).toMatch(/\r\n\r\n(?:ok|ready)\n$/);
    }
  });
});

/** The whole answer, without what depends on time and port. */
async function answerOf({ port }: SupervisedGateway, head: string, key: string | undefined): Promise<string> {
  const client = await RawWebSocket.connect(port);
  const authorization = key === undefined ? '' : `Authorization: Bearer ${key}\r\n`;
  client.write(`${head}\r\n${authorization}Connection: close\r\n\r\n`);
  const answer = String(await client.rest());
  client.destroy();
  return answer.replace(/Date: .*\r\n/, '');
}
