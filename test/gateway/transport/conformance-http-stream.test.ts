import { request as httpRequest } from 'node:http';
import { expect, it } from 'vitest';
import type { HttpStream } from '../../../src/gateway/transport/http/http-exchange.js';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { onBothTransports } from './transport-fixture.js';

const KIB = 1024;

onBothTransports('http streams', (bench) => {
  it(`sends the head ${bench.name === 'ws' ? 'at once' : 'with the first chunk'}`, async () => {
    let stream: HttpStream | undefined;
    const fixture = await bench.start({ http: (exchange) => void (stream = exchange.stream({ status: 200 })) });
    const client = await RawWebSocket.connect(fixture.port);
    client.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    let isHere = false;
    const head = client.head().then(() => (isHere = true));
    await expect.poll(() => stream).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isHere).toBe(bench.name === 'ws');
    stream?.write('one');
    await head;
    client.destroy();
  });

  it('sends chunks as they are written and ends', async () => {
    let stream: HttpStream | undefined;
    const fixture = await bench.start({
      http: (exchange) => {
        stream = exchange.stream({ status: 200, headers: { 'Content-Type': 'text/event-stream' } });
        stream.write('one');
      },
    });
    const response = await fetch(`http://127.0.0.1:${fixture.port}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    const decode = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await decode()).toBe('one');
    stream?.write(Buffer.from('two'));
    expect(await decode()).toBe('two');
    stream?.end();
    expect((await reader?.read())?.done).toBe(true);
    stream?.write('after the end');
    stream?.end();
  });

  it('reports backpressure, loses nothing, and drains', async () => {
    const chunk = 'x'.repeat(64 * KIB);
    let written = 0;
    const fixture = await bench.start({
      http: (exchange) => {
        const stream = exchange.stream({ status: 200 });
        const fill = (): void => {
          while (written < 200) {
            written += 1;
            if (!stream.write(chunk)) return;
          }
          stream.end();
        };
        stream.onDrain(fill);
        fill();
      },
    });
    const received = await new Promise<number>((resolve, reject) => {
      httpRequest({ port: fixture.port, path: '/slow' }, (res) => {
        let total = 0;
        setTimeout(() => {
          expect(written).toBeLessThan(200);
          res.on('data', (piece: Buffer) => (total += piece.length));
        }, 50);
        res.once('end', () => resolve(total)).once('error', reject);
      }).end();
    });
    expect(received).toBe(200 * chunk.length);
  });

  it("writes a chunk far larger than the kernel's buffer, without a further write", async () => {
    const chunk = Buffer.alloc(16 * KIB * KIB, 'x');
    const fixture = await bench.start({
      http: (exchange) => void exchange.stream({ status: 200 }).write(chunk),
    });
    const received = await new Promise<number>((resolve, reject) => {
      const request = httpRequest({ port: fixture.port, path: '/large' }, (res) => {
        let total = 0;
        res.on('data', (piece: Buffer) => {
          total += piece.length;
          if (total < chunk.length) return;
          request.destroy();
          resolve(total);
        });
      });
      request.once('error', reject).end();
    });
    expect(received).toBe(chunk.length);
  });

  it('reports once that the reader disconnected, also to later listeners', async () => {
    let stream: HttpStream | undefined;
    let closes = 0;
    const fixture = await bench.start({
      http: (exchange) => {
        stream = exchange.stream({ status: 200 });
        stream.onClose(() => (closes += 1));
        stream.write('one');
      },
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.answer()).status).toBe(200);
    client.destroy();
    await expect.poll(() => closes).toBe(1);
    stream?.write('into the void');
    stream?.onDrain(() => undefined);
    stream?.onClose(() => (closes += 10));
    stream?.end();
    expect(closes).toBe(11);
  });

  it('reports no close after its own end', async () => {
    let closes = 0;
    const fixture = await bench.start({
      http: (exchange) => {
        const stream = exchange.stream({ status: 200 });
        stream.onClose(() => (closes += 1));
        stream.write('all');
        stream.end();
      },
    });
    const response = await fetch(`http://127.0.0.1:${fixture.port}/x`, { headers: { Connection: 'close' } });
    expect(await response.text()).toBe('all');
    await fixture.transport.stop();
    expect(closes).toBe(0);
  });

  it('ends streams and notifies their owners when the transport stops', async () => {
    let closes = 0;
    const fixture = await bench.start({
      http: (exchange) => {
        const stream = exchange.stream({ status: 200 });
        stream.onClose(() => (closes += 1));
        stream.write('one');
      },
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.answer();
    await fixture.transport.stop();
    await client.ended;
    expect(closes).toBe(1);
  });
});
