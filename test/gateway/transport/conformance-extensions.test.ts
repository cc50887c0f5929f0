import { inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { onBothTransports, onTransport, PATH, text, type Bench, type Fixture } from './transport-fixture.js';

const BOTH_PARAMETERS = ['client_no_context_takeover', 'server_no_context_takeover'];

/**
 * Upgrades with the header exactly as given and tells what was agreed: the parameters, or
 * undefined.
 */
async function agreed(fixture: Fixture, extensions: string, path = PATH): Promise<string[] | undefined> {
  const client = await RawWebSocket.connect(fixture.port);
  client.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`,
  );
  const { status, headers } = await client.answer();
  client.destroy();
  expect(status).toBe(101);
  const [name, ...parameters] = headers.get('sec-websocket-extensions')?.split(/;\s*/) ?? [];
  if (name === undefined) return undefined;
  expect(name).toBe('permessage-deflate');
  return parameters.toSorted();
}

onBothTransports('extension offers', (bench: Bench) => {
  it.each([
    '',
    ' ',
    ',',
    ';;;',
    'permessage-bzip2',
    'x-webkit-deflate-frame',
    'bbf-usp-protocol; eid="a;b,c"',
    'bbf-usp-protocol; eid="unterminated',
    'bbf-usp-protocol; eid="permessage-deflate, permessage-deflate"',
    'bbf-usp-protocol; eid="a, permessage-deflate, b"',
    String.raw`bbf-usp-protocol; eid="a\", permessage-deflate, b"`,
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; server_max_window_bits=010',
    'permessage-deflate; server_max_window_bits=ten',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; client_max_window_bits=99999999999',
    'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; unknown',
    'permessage-deflate; unknown="a, permessage-deflate; b"',
    'permessage-deflate x',
    'Permessage-Deflate',
  ])('declines %j and upgrades without an extension', async (extensions) => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    expect(await agreed(fixture, extensions)).toBeUndefined();
  });

  it.each([
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
    'permessage-deflate; client_max_window_bits="15"',
    'permessage-deflate;server_no_context_takeover ; client_no_context_takeover',
    'bbf-usp-protocol; eid="a;b,c", permessage-deflate',
    'permessage-deflate; server_max_window_bits=8, permessage-deflate',
    'permessage-deflate; unknown, permessage-bzip2, permessage-deflate; client_max_window_bits',
    ', ,permessage-deflate,',
  ])('takes the first offer in %j that it can honour', async (extensions) => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    const parameters = await agreed(fixture, extensions);
    expect(parameters?.filter((parameter) => !parameter.startsWith('client_max_window_bits'))).toEqual(BOTH_PARAMETERS);
  });

  it('declines every offer where the endpoint has compression off', async () => {
    const fixture = await bench.start({ endpoints: [{ path: '/plain', compression: false }] });
    expect(await agreed(fixture, 'permessage-deflate; server_max_window_bits=9', '/plain')).toBeUndefined();
  });
});

onTransport('ws', 'extension offers', (bench: Bench) => {
  it('honours the window that a client requests of the server', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    const offer = 'permessage-deflate; server_max_window_bits=9';
    expect(await agreed(fixture, offer)).toEqual([...BOTH_PARAMETERS, 'server_max_window_bits=9'].toSorted());
    const client = await bench.raw(fixture, { 'Sec-WebSocket-Extensions': offer });
    // Repeats what lies further back than a window of 9 bits (512 bytes) reaches.
    const block = Array.from({ length: 600 }, (_, index) => String.fromCharCode(97 + ((index * index * index) % 23)));
    const message = [...block, ...block, ...block].join('');
    for (const { connection } of fixture.handler.calls)
      if (connection.socket.isOpen()) connection.socket.send(text(message));
    const { payload, compressed } = await client.frame();
    expect(compressed).toBe(true);
    const tail = Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
    expect(inflateRawSync(Buffer.concat([payload, tail]), { windowBits: 9 }).toString()).toBe(message);
  });
});

onTransport('uws', 'extension offers', (bench: Bench) => {
  it('declines a window that a client requests of the server, which the library does not support', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    expect(await agreed(fixture, 'permessage-deflate; server_max_window_bits=15')).toBeUndefined();
  });

  it('deflates a message for eight receivers, and for none that it is published to', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    const clients: RawWebSocket[] = [];
    for (let made = 0; made < 10; made += 1) {
      clients.push(await bench.raw(fixture, { 'Sec-WebSocket-Extensions': 'permessage-deflate' }));
    }
    const sockets = fixture.handler.calls.map(({ connection }) => connection.socket);
    const message = text('a'.repeat(1000));
    for (const socket of sockets) socket.send(message);
    for (const socket of sockets) socket.subscribe('t');
    fixture.transport.publish('t', text('b'.repeat(1000)));
    const sent: boolean[] = [];
    const published: boolean[] = [];
    for (const client of clients) {
      sent.push((await client.frame()).compressed);
      published.push((await client.frame()).compressed);
    }
    expect(sent).toEqual([...Array(8).fill(true), false, false]);
    expect(published).toEqual(Array(10).fill(false));
  });
});
