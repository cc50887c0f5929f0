import { afterEach, describe, expect, it } from 'vitest';
import type { RawData, WebSocket } from 'ws';
import { runBuiltIn } from '../../support/built-in-load.js';
import { LoadTarget } from '../../support/load-target.js';

/** Answers a message of its number, from 0 for each connection; without one it is lost. */
type Answer = (socket: WebSocket, message: RawData, isBinary: boolean, number: number) => void;

const textOf = (message: RawData): string => (Buffer.isBuffer(message) ? message.toString() : '');
const same: Answer = (socket, message, isBinary) => socket.send(textOf(message), { binary: isBinary });

describe('built-in scenarios', () => {
  const targets: LoadTarget[] = [];

  afterEach(async () => Promise.all(targets.splice(0).map((target) => target.stop())));

  async function start(...parts: ConstructorParameters<typeof LoadTarget>): Promise<LoadTarget> {
    const target = new LoadTarget(...parts);
    await target.start();
    targets.push(target);
    return target;
  }

  function startEcho(answer: Answer): Promise<LoadTarget> {
    return start((socket) => {
      let number = 0;
      socket.on('message', (message, isBinary) => {
        answer(socket, message, isBinary, number);
        number += 1;
      });
    });
  }

  it('echo: sends at its rate, and records each answer from due, from sent and between', async () => {
    const target = await startEcho((socket, message, isBinary) => socket.send(message, { binary: isBinary }));
    const flags = { scenario: 'echo', url: target.url, vus: '4', duration: '1s', rate: '200', size: '100' };
    const result = await runBuiltIn({ ...flags, binary: true });
    const sent = result.counter('ws_msgs_sent');
    expect(sent).toBeGreaterThan(150);
    expect(sent).toBeLessThanOrEqual(204);
    expect(target.counts.received).toBe(sent);
    expect(result.counter('ws_msgs_received')).toBe(sent);
    for (const kind of ['response', 'service', 'lag'] as const) {
      expect(result.histogram('ws_rtt', kind).count).toBe(sent);
    }
    for (const odd of ['ws_rtt_timeouts', 'ws_msgs_lost', 'ws_msgs_unmatched', 'ws_msgs_duplicate', 'ws_msgs_late']) {
      expect(result.counter(odd)).toBe(0);
    }
    expect(result.counter('iterations')).toBe(4);
    expect(result.gaugeMax('ws_connections')).toBe(4);
    await expect.poll(() => target.closeCodes).toEqual([1001, 1001, 1001, 1001]);
  });

  it('echo: shows what users felt while a server stalled, message for message', async () => {
    const stall = { fromMs: 300, forMs: 500 };
    const held: (() => void)[] = [];
    let openedAt = 0;
    let times = { began: 0, ended: 0 };
    const isStalled = (): boolean => performance.now() - openedAt > stall.fromMs && times.ended === 0;
    const target = await start((socket) => {
      openedAt = performance.now();
      socket.on('message', (message) => {
        if (!isStalled()) return socket.send(textOf(message));
        if (held.length === 0) {
          times = { began: performance.now(), ended: 0 };
          setTimeout(() => {
            times.ended = performance.now();
            for (const send of held) send();
          }, stall.forMs);
        }
        held.push(() => socket.send(textOf(message)));
        return undefined;
      });
    });
    const flags = { scenario: 'echo', url: target.url, vus: '1', duration: '1s', rate: '200' };
    const responses = (await runBuiltIn(flags)).histogram('ws_rtt');
    const stalledMs = times.ended - times.began;
    // Due every 5 ms in the stall, each waited for the rest of it: 0 to all of it in equal shares.
    const waited = (leastMs: number): number => responses.countAbove(leastMs);
    const expectedAbove = (leastMs: number, ofMs: number): number => (ofMs - leastMs) / 5;
    // A busy machine makes the stall longer for the client than it was for the server.
    const feltMs = Math.max(stalledMs, responses.max);
    for (const leastMs of [100, 200, 300, 400]) {
      expect(waited(leastMs)).toBeGreaterThan(expectedAbove(leastMs, stalledMs) - 8);
      expect(waited(leastMs)).toBeLessThan(expectedAbove(leastMs, feltMs) + 8);
    }
    expect(responses.max).toBeGreaterThan(stalledMs - 10);
  });

  it('echo: tells lost, late, repeated, foreign and overtaken answers apart', async () => {
    const kinds = ['lost', 'late', 'repeated', 'foreign', 'overtaken', 'overtaking', 'plain'];
    const counts = new Map<string, number>();
    let overtaken = '';
    const target = await startEcho((socket, message, _isBinary, number) => {
      const kind = kinds[number % kinds.length] ?? '';
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const text = textOf(message);
      if (kind === 'late') setTimeout(() => socket.send(text), 150);
      if (kind === 'repeated') socket.send(text);
      if (kind === 'foreign') socket.send(`ffffffff${text.slice(8)}`);
      if (kind === 'overtaken') overtaken = text;
      if (!['lost', 'late', 'overtaken'].includes(kind)) socket.send(text);
      if (kind === 'overtaking') socket.send(overtaken);
    });
    // Seven messages take longer than the answer to the late one, but not than the timeout of the
    // overtaken one.
    const flags = { scenario: 'echo', url: target.url, vus: '1', duration: '1s', rate: '70' };
    const result = await runBuiltIn({ ...flags, answerTimeout: '100ms' });
    const count = (kind: string): number => counts.get(kind) ?? 0;
    const isCut = count('overtaken') > count('overtaking') ? 1 : 0;
    // On a busy machine a late answer may come after its message was forgotten as lost.
    const forgotten = result.counter('ws_msgs_lost') - count('lost');
    expect(result.counter('ws_msgs_duplicate')).toBeGreaterThanOrEqual(count('repeated'));
    expect(result.counter('ws_msgs_duplicate')).toBeLessThanOrEqual(count('repeated') + forgotten);
    expect(result.counter('ws_msgs_unmatched')).toBe(count('foreign'));
    // On a busy machine an answer that was sent at once may take longer than the timeout.
    const timeouts = count('lost') + count('late') + isCut;
    expect(result.counter('ws_rtt_timeouts')).toBeGreaterThanOrEqual(timeouts);
    expect(result.counter('ws_msgs_late') + result.counter('ws_msgs_lost')).toBe(result.counter('ws_rtt_timeouts'));
    expect(result.counter('ws_msgs_late')).toBeGreaterThan(5);
    expect(result.counter('ws_msgs_out_of_order')).toBeGreaterThanOrEqual(count('overtaking'));
    expect(result.histogram('ws_rtt').count).toBe(result.counter('ws_msgs_sent'));
    expect(result.histogram('ws_rtt').max).toBeGreaterThan(95);
  });

  it('echo: takes answers in order where a message holds no id', async () => {
    const target = await startEcho(same);
    const flags = { scenario: 'echo', url: target.url, vus: '2', duration: '1s', rate: '100', size: '3' };
    const result = await runBuiltIn({ ...flags, match: 'order' });
    expect(result.histogram('ws_rtt').count).toBe(result.counter('ws_msgs_sent'));
    expect(result.counter('ws_msgs_unmatched')).toBe(0);
    expect(result.counter('ws_msgs_received')).toBeGreaterThan(50);
  });

  it('echo: dials again when the server ends a connection, and counts what was in flight with its age', async () => {
    const target = await startEcho((socket, message, isBinary, number) => {
      if (number < 20) same(socket, message, isBinary, number);
      else socket.close(1011);
    });
    const flags = { scenario: 'echo', url: target.url, vus: '1', duration: '1s', rate: '100' };
    const result = await runBuiltIn(flags);
    expect(result.counter('ws_sessions')).toBeGreaterThan(3);
    expect(result.counter('ws_connections_lost')).toBe(result.counter('ws_sessions') - 1);
    expect(result.counter('ws_msgs_lost')).toBeGreaterThanOrEqual(result.counter('ws_connections_lost'));
    expect(result.histogram('ws_rtt').count).toBe(result.counter('ws_msgs_sent'));
  });

  it('echo: records what is in flight when it is stopped', async () => {
    const target = await startEcho(() => undefined);
    const flags = { scenario: 'echo', url: target.url, vus: '1', duration: '60s', rate: '100' };
    const result = await runBuiltIn(flags, (stop) => setTimeout(stop, 300));
    expect(result.counter('ws_msgs_lost')).toBe(result.counter('ws_msgs_sent'));
    expect(result.histogram('ws_rtt').count).toBe(result.counter('ws_msgs_sent'));
    expect(result.histogram('ws_rtt').max).toBeGreaterThan(200);
    expect(result.counter('iterations')).toBe(0);
  });

  it('flood: sends what the connection takes and loses none of it', async () => {
    const target = await start();
    const flags = { scenario: 'flood', url: target.url, vus: '2', duration: '1s', size: '100' };
    const result = await runBuiltIn(flags);
    expect(result.counter('ws_msgs_sent')).toBeGreaterThan(1000);
    expect(target.counts.received).toBe(result.counter('ws_msgs_sent'));
  });

  it('flood: holds no more than its bound when nobody reads', async () => {
    const target = await start((socket) => socket.pause());
    const flags = { scenario: 'flood', url: target.url, vus: '1', duration: '1s', size: '1000' };
    const stopped = await runBuiltIn({ ...flags, gracefulStop: '0s' });
    // The system buffers a few MB on both sides of a loopback connection; a second without
    // backpressure sends hundreds.
    expect(stopped.counter('ws_msgs_sent') * 1000).toBeLessThan(40_000_000);
    expect(stopped.counter('ws_msgs_sent')).toBeGreaterThan(10);
  });

  it('idle: holds its connections, says nothing, and counts those that the server ends', async () => {
    const target = await start((socket, { counts }) => {
      if (counts.sessions === 1) setTimeout(() => socket.close(1000), 100);
    });
    const result = await runBuiltIn({ scenario: 'idle', url: target.url, vus: '10', duration: '1s' });
    expect(target.counts).toMatchObject({ received: 0, pings: 0, sessions: 11 });
    expect(result.gaugeMax('ws_connections')).toBe(10);
    expect(result.counter('ws_connections_lost')).toBe(1);
    expect(result.counter('iterations')).toBe(11);
  });

  it('churn: begins connections at its rate and counts from when each was due', async () => {
    const target = await start();
    const flags = { scenario: 'churn', url: target.url, vus: '20', duration: '1s', rate: '50', hold: '20ms' };
    const result = await runBuiltIn(flags);
    expect(result.counter('iterations') + result.counter('dropped_iterations')).toBe(50);
    expect(target.counts.sessions).toBe(result.counter('iterations'));
    expect(result.histogram('ws_connecting', 'lag').count).toBe(target.counts.sessions);
    expect(result.histogram('ws_session_duration').min).toBeGreaterThan(19);
  });

  it('storm: cuts all connections at its beat, and tells how long each and all were away', async () => {
    const target = await start();
    const flags = { scenario: 'storm', url: target.url, vus: '5', duration: '1s', every: '300ms' };
    const result = await runBuiltIn(flags);
    const storms = result.counter('ws_storms');
    expect(storms).toBe(3);
    expect(target.counts.sessions).toBe(5 * (storms + 1));
    expect(result.histogram('ws_reconnecting').count).toBe(5 * storms);
    expect(result.histogram('ws_storm_recovery').count + result.counter('ws_storms_unrecovered')).toBe(storms);
    expect(result.histogram('ws_storm_recovery').max).toBeGreaterThanOrEqual(result.histogram('ws_reconnecting').min);
    expect(result.counter('ws_connections_lost')).toBe(0);
    await expect.poll(() => target.closeCodes.filter((code) => code === 1006)).toHaveLength(5 * storms);
  });

  it('storm: shards cut all connections, and each storm is counted once', async () => {
    const target = await start();
    const flags = { scenario: 'storm', url: target.url, vus: '6', duration: '1s', every: '300ms' };
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => runBuiltIn({ ...flags, shard })));
    const storms = parts.map((part) => part.histogram('ws_reconnecting').count / 2);
    expect(storms).toEqual([3, 3, 3]);
    expect(parts.map((part) => part.counter('ws_storms'))).toEqual([1, 1, 1]);
    for (const part of parts) {
      expect(part.histogram('ws_storm_recovery').count + part.counter('ws_storms_unrecovered')).toBe(3);
    }
  });

  it('fan-out: follows each published message to every recipient', async () => {
    const sockets = new Set<WebSocket>();
    const target = await start(
      (socket) => sockets.add(socket),
      (request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          for (const socket of sockets) socket.send(body);
          response.end();
        });
      },
    );
    const flags = { scenario: 'fan-out', url: target.url, vus: '8', duration: '1s', rate: '30' };
    const result = await runBuiltIn(flags);
    const published = result.counter('ws_published');
    expect(published).toBeGreaterThan(20);
    expect(result.histogram('ws_delivery').count).toBe(8 * published);
    expect(result.histogram('ws_delivery_last').count).toBe(published);
    expect(result.histogram('ws_delivery', 'lag').count).toBe(8 * published);
    for (const odd of ['ws_msgs_lost', 'ws_msgs_duplicate', 'ws_msgs_late', 'ws_publish_failed']) {
      expect(result.counter(odd)).toBe(0);
    }
  });

  it('fan-out: counts what reaches a recipient twice, or not at all, and obeys its templates', async () => {
    const sockets: WebSocket[] = [];
    const bodies: string[] = [];
    const target = await start(
      (socket) => sockets.push(socket),
      (request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          bodies.push(`${request.method} ${request.url} ${String(request.headers['x-number'])} ${body}`);
          const [first, second, ...others] = sockets;
          first?.send(body);
          first?.send(body);
          for (const socket of others) socket.send(body);
          second?.ping();
          response.end();
        });
      },
    );
    const flags = {
      scenario: 'fan-out',
      url: target.url,
      vus: '3',
      duration: '1s',
      rate: '20',
      answerTimeout: '1s',
    };
    const publish = {
      publishUrl: `${target.httpUrl}/p/{{id}}`,
      publishMethod: 'PUT',
      publishBody: '{"d":"{{stamp}}"}',
    };
    const result = await runBuiltIn({ ...flags, ...publish, publishHeaders: ['X-Number: {{id}}'] });
    const published = result.counter('ws_published');
    expect(result.counter('ws_msgs_duplicate')).toBe(published);
    expect(result.counter('ws_msgs_lost')).toBe(published);
    expect(result.histogram('ws_delivery_last').count).toBe(0);
    expect(bodies[3]).toMatch(/^PUT \/p\/3 3 \{"d":"wsg:[0-9a-f]{32}00000003"\}$/);
  });

  it('fan-out: shards publish each message once, and measure their own at their own recipients', async () => {
    const sockets = new Set<WebSocket>();
    const paths: string[] = [];
    const target = await start(
      (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      },
      (request, response) => {
        paths.push(request.url ?? '');
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          for (const socket of sockets) socket.send(body);
          response.end();
        });
      },
    );
    const publishUrl = `${target.httpUrl}/{{id}}`;
    const flags = { scenario: 'fan-out', url: target.url, vus: '6', duration: '1s', rate: '60', publishUrl };
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => runBuiltIn({ ...flags, shard })));
    let received = 0;
    for (const part of parts) {
      const published = part.counter('ws_published');
      expect(published).toBeGreaterThan(10);
      expect(published).toBeLessThanOrEqual(21);
      expect(part.histogram('ws_delivery').count).toBe(2 * published);
      expect(part.histogram('ws_delivery_last').count).toBe(published);
      expect(part.counter('ws_msgs_elsewhere')).toBe(part.counter('ws_msgs_received') - 2 * published);
      received += part.counter('ws_msgs_elsewhere');
      for (const odd of ['ws_msgs_lost', 'ws_msgs_duplicate', 'ws_msgs_late', 'ws_publish_failed']) {
        expect(part.counter(odd), odd).toBe(0);
      }
    }
    expect(received).toBeGreaterThan(0);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('fan-out: a shard without a recipient says that its messages are not published', async () => {
    const target = await start();
    const flags = { scenario: 'fan-out', url: target.url, vus: '1', duration: '1s', shard: '2/2' };
    const { log } = await runBuiltIn(flags);
    expect(log).toEqual([expect.stringContaining('at least as many virtual users as shards')]);
  });

  it('fan-out: says once why nothing can be published', async () => {
    const target = await start(undefined, (_request, response) => {
      response.statusCode = 403;
      response.end();
    });
    const flags = { scenario: 'fan-out', url: target.url, vus: '2', duration: '1s', rate: '20' };
    const result = await runBuiltIn(flags);
    expect(result.counter('ws_publish_failed')).toBeGreaterThan(10);
    expect(result.counter('ws_published')).toBe(0);
    expect(result.counter('ws_msgs_lost')).toBe(0);
    expect(result.log).toEqual([expect.stringContaining('it answered 403')]);
  });
});
