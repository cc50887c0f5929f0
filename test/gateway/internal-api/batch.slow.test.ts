import { expect, it } from 'vitest';
import { batchRoute } from '../../../src/gateway/internal-api/batch-route.js';
import { OPCODE } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';
import { outcomeOf, ScriptedBus } from '../../support/scripted-bus.js';
import { serveRoutes } from '../../support/served-routes.js';

const NDJSON = { 'Content-Type': 'application/x-ndjson' };
const FRAMED = { 'Content-Type': 'application/vnd.wsg.batch' };

type Bytes = Uint8Array<ArrayBuffer>;

function lines(...items: readonly (object | string)[]): string {
  return items.map((item) => `${typeof item === 'string' ? item : JSON.stringify(item)}\n`).join('');
}

function framed(kind: number, selector: string, payload: string | Uint8Array): Bytes {
  const head = Buffer.alloc(9);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(Buffer.byteLength(selector), 1);
  head.writeUInt32BE(Buffer.byteLength(payload), 5);
  return new Uint8Array(Buffer.concat([head, Buffer.from(selector), Buffer.from(payload)]));
}

function joined(...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}

/** A bus of several nodes behind `/batch`. */
async function serve(cluster: { readonly strict: boolean } | undefined = { strict: false }) {
  const bus = new ScriptedBus();
  const base = await serveRoutes([batchRoute({ bus, maxBodyBytes: 2_000_000, cluster })]);
  const post = async (query: string, body: string | Bytes, headers: Record<string, string> = NDJSON) => {
    const response = await fetch(`${base}/batch${query}`, { method: 'POST', body, headers });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      incomplete: response.headers.get('wsg-incomplete'),
      text: await response.text(),
    };
  };
  const messages = () =>
    bus.items.map(({ message }) => [message.binary, Buffer.from(message.payload).toString('latin1')]);
  return { bus, post, messages };
}

it.each(['uws', 'ws'] as const)('sends each message to its own selector, in order, on %s', async (transport) => {
  const gateway = await RunningGateway.start({ transport });
  const [one, other] = [await gateway.connect(), await gateway.connect()];
  const ids = [...(await gateway.get('/status')).matchAll(/^id=(\S+)/gm)].map(([, id]) => id ?? '');
  await gateway.post(`/settags?id=${ids[0]}`, 'user=1');
  const body = lines(
    { selector: 'foo=bar', text: 'to all é' },
    { selector: 'user=1', json: { a: [1, null] } },
    { selector: 'user=2', text: 'to nobody' },
    { selector: `id=${ids.join(',')}`, base64: '/wA=' },
  );
  expect(await gateway.post('/batch', body, NDJSON)).toBe('2\n1\n0\n2\n');
  const framesOf = async (client: typeof one, count: number) => {
    const frames = [];
    for (let at = 0; at < count; at += 1) frames.push(await client.frame());
    return frames.map(({ opcode, payload }) => [opcode, payload.toString('latin1')]);
  };
  const all = [OPCODE.text, Buffer.from('to all é').toString('latin1')];
  const bytes = [OPCODE.binary, '\u00ff\u0000'];
  expect(await framesOf(one, 3)).toEqual([all, [OPCODE.text, '{"a":[1,null]}'], bytes]);
  expect(await framesOf(other, 2)).toEqual([all, bytes]);
});

it('takes framed batches too, an empty text and bytes among them', async () => {
  const gateway = await RunningGateway.start();
  const client = await gateway.connect();
  const body = joined(
    framed(0, 'foo=bar', ''),
    framed(1, 'all=true', new Uint8Array([0, 255])),
    framed(0, 'a=b', 'none'),
  );
  expect(await gateway.get('/batch', { method: 'POST', body, headers: FRAMED })).toBe('1\n1\n0\n');
  const frames = [await client.frame(), await client.frame()];
  expect(frames.map(({ opcode, payload }) => [opcode, [...payload]])).toEqual([
    [OPCODE.text, []],
    [OPCODE.binary, [0, 255]],
  ]);
});

it.each([
  ['', 'the line must be a JSON object'],
  ['{', 'the line must be a JSON object'],
  ['[1]', 'the line must be a JSON object'],
  ['null', 'the line must be a JSON object'],
  ['{"text":"x"}', 'selector must be a string such as "room=7"'],
  ['{"selector":7,"text":"x"}', 'selector must be a string such as "room=7"'],
  ['{"selector":"","text":"x"}', 'the selector is empty; ?all=true selects every connection'],
  ['{"selector":"all=yes","text":"x"}', 'all must be \'true\' (got "yes"); ?all=true selects every connection'],
  ['{"selector":"a=b"}', 'give one of text, json and base64'],
  ['{"selector":"a=b","text":"x","json":1}', 'give one of text, json and base64 (got text and json)'],
  ['{"selector":"a=b","txt":"x"}', 'unknown key "txt"'],
  ['{"selector":"a=b","__proto__":"x"}', 'unknown key "__proto__"'],
  ['{"selector":"a=b","t\\n":"x"}', 'unknown key "t\\n"'],
  ['{"selector":"a=b","text":7}', 'text must be a string; use json for other values'],
  ['{"selector":"a=b","text":"\\ud800"}', 'text must not contain half of a surrogate pair'],
  ['{"selector":"a=b","base64":"/w"}', 'base64 must be a string in base64 with its padding'],
  ['{"selector":"a=b","base64":"_w=="}', 'base64 must be a string in base64 with its padding'],
  ['{"selector":"a=b","base64":null}', 'base64 must be a string in base64 with its padding'],
])('the line %s fails alone', async (line, reason) => {
  const { post, messages } = await serve();
  const good = { selector: 'a=b', text: 'x' };
  const answer = await post('', lines(good, line, good));
  expect(answer).toMatchObject({ status: 200, text: `1\nerror: ${reason}\n2\n` });
  expect(messages()).toEqual([
    [false, 'x'],
    [false, 'x'],
  ]);
});

it('a line that is not UTF-8 fails alone', async () => {
  const { post, messages } = await serve();
  const good = Buffer.from(lines({ selector: 'a=b', text: 'ü' }));
  const body = joined(good, Buffer.from([0x7b, 0xff, 0x0a]), good);
  expect((await post('', body)).text).toBe('1\nerror: the line must be UTF-8\n2\n');
  const text = Buffer.from('ü').toString('latin1');
  expect(messages()).toEqual([
    [false, text],
    [false, text],
  ]);
});

it('JSON that is nested without end fails alone', async () => {
  const { post } = await serve();
  const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
  const body = `${lines({ selector: 'a=b', text: 'x' })}{"selector":"a=b","json":${deep}}\n`;
  expect(await post('', body)).toMatchObject({ status: 200, text: '1\nerror: json is nested too deeply\n' });
});

it('JSON of any kind, escapes and line ends of Windows are read', async () => {
  const { post, messages } = await serve();
  const body =
    '{"selector":"a=b","json":null}\r\n{"json":"é","selector":"a=b"}\r\n{"selector":"a=b","text":"\\ud83d\\ude00\\n"}';
  expect((await post('', body)).text).toBe('1\n2\n3\n');
  expect(messages().map(([, text]) => Buffer.from(String(text), 'latin1').toString())).toEqual(['null', '"é"', '😀\n']);
});

it('an item of a framed batch fails alone, and lengths that are wrong refuse the whole batch', async () => {
  const { bus, post } = await serve();
  const good = framed(0, 'a=b', 'x');
  const bad = joined(good, framed(0, 'a=b', new Uint8Array([255])), framed(9, 'a=b', 'x'), framed(0, '', 'x'), good);
  expect((await post('', bad, FRAMED)).text).toBe(
    '1\nerror: a text message must be UTF-8\nerror: the kind must be 0 (text) or 1 (binary), not 9\nerror: the selector is empty; ?all=true selects every connection\n2\n',
  );
  const sent = bus.items.length;
  for (const cut of [1, 8, 10, good.length - 1]) {
    const answer = await post('', joined(good, good.slice(0, cut)), FRAMED);
    expect(answer).toMatchObject({
      status: 400,
      text: expect.stringContaining('the batch ends within item 2, which is '),
    });
  }
  expect(bus.items).toHaveLength(sent);
});

it('an empty batch has an empty answer and makes no call', async () => {
  const { bus, post } = await serve();
  for (const headers of [NDJSON, FRAMED]) expect(await post('', '', headers)).toMatchObject({ status: 200, text: '' });
  expect((await post('', 'x\n')).text).toBe('error: the line must be a JSON object\n');
  expect(bus.calls).toEqual([]);
});

it('Accept: application/json and report=json give counts, errors by item, and the nodes', async () => {
  const { bus, post } = await serve();
  bus.outcome = outcomeOf({}, ['0003'], { '0002': 'unsupported' });
  const body = lines('x', { selector: 'a=b', text: 'x' }, { selector: 'a=b' });
  const expected = {
    counts: [null, 1, null],
    errors: [
      { item: 1, error: 'the line must be a JSON object' },
      { item: 3, error: 'give one of text, json and base64' },
    ],
    silent: ['0003'],
    refused: { '0002': 'unsupported' },
  };
  const accepting = await post('', body, { ...NDJSON, Accept: 'text/html, application/json;q=0.9' });
  expect(accepting).toMatchObject({ status: 200, type: 'application/json', incomplete: '0002,0003' });
  expect(JSON.parse(accepting.text)).toEqual(expected);
  expect(JSON.parse((await post('?report=json', body)).text)).toEqual(expected);
});

it('silent nodes, strict, wait and the deadline are as for /send', async () => {
  const { bus, post } = await serve({ strict: true });
  const body = lines({ selector: 'a=b', text: 'x' });
  bus.outcome = outcomeOf({}, ['0003']);
  expect(await post('', body)).toMatchObject({ status: 504, incomplete: '0003', text: '1\n' });
  expect(await post('?strict=false&deadline_ms=7', body)).toMatchObject({ status: 200, incomplete: '0003' });
  bus.outcome = outcomeOf({}, ['*']);
  expect(await post('', body)).toMatchObject({ status: 503, incomplete: '*' });
  bus.outcome = outcomeOf({});
  expect(await post('?wait=false', body)).toMatchObject({ status: 202, incomplete: null, text: '1\n' });
  expect(bus.calls.map(({ options }) => options)).toEqual([
    {},
    { deadlineMs: 7 },
    {},
    { deadlineMs: undefined, wait: false },
  ]);
});

it('a batch is one call of the bus', async () => {
  const { bus, post } = await serve(undefined);
  const body = lines({ selector: 'a=1', text: 'x' }, { selector: 'a=2', text: 'y' });
  await post('?deadline_ms=5', body);
  expect(bus.calls).toEqual([{ op: 'batch', selector: 'a=1 a=2', options: { deadlineMs: 5 } }]);
});

it.each([
  ['?room=7', NDJSON, 400, 'the selectors are in the body'],
  ['?strict=x', NDJSON, 400, 'strict must be true or false (got "x")'],
  ['', { 'Content-Type': 'text/plain' }, 415, 'must be application/x-ndjson or application/vnd.wsg.batch'],
])('refuses a batch to /batch%s with %j', async (query, headers, status, reason) => {
  const { bus, post } = await serve();
  const answer = await post(query, lines({ selector: 'a=b', text: 'x' }), headers);
  expect(answer).toMatchObject({ status, text: expect.stringContaining(reason) });
  expect(bus.calls).toEqual([]);
});

it('the content type may have parameters and capitals', async () => {
  const { post } = await serve();
  const headers = { 'Content-Type': 'Application/X-NDJSON; charset=utf-8' };
  expect((await post('', lines({ selector: 'a=b', text: 'x' }), headers)).text).toBe('1\n');
});

it('more than 10,000 messages or a body above the limit get 413, and nothing is sent', async () => {
  const { bus, post } = await serve();
  const line = lines({ selector: 'a=b', text: '' });
  const item = framed(0, 'a=b', '');
  expect((await post('', line.repeat(10_001))).status).toBe(413);
  expect((await post('', joined(...Array.from({ length: 10_001 }, () => item)), FRAMED)).status).toBe(413);
  expect((await post('', 'x'.repeat(2_000_001))).status).toBe(413);
  expect(bus.calls).toEqual([]);
  expect((await post('', line.repeat(10_000))).text).toMatch(/^1\n2\n(?:\d+\n)+10000\n$/);
});

it('access rules hold: keys and other methods', async () => {
  const gateway = await RunningGateway.start({ internal_api_keys: ['0123456789abcdef'] });
  const statusOf = async (init: RequestInit) => (await fetch(gateway.url('/batch'), init)).status;
  expect(await statusOf({ method: 'POST', body: '', headers: NDJSON })).toBe(401);
  const headers = { ...NDJSON, 'X-Api-Key': '0123456789abcdef' };
  expect(await statusOf({ method: 'POST', body: '', headers })).toBe(200);
  expect(await statusOf({ headers })).toBe(405);
});
