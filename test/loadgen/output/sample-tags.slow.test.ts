import { createServer } from 'node:http';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { metadataOf, tagsOf } from '../../../src/loadgen/metric/series.js';
import { LoadTarget } from '../../support/load-target.js';
import { runScript, type ScriptRun, type ScriptRunOptions } from '../../support/script-run.js';

/** One sample as an output receives it. */
interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

async function sample(source: string, options: ScriptRunOptions = {}): Promise<{ samples: Sample[]; run: ScriptRun }> {
  const samples: Sample[] = [];
  const run = await runScript(source, {
    ...options,
    sampled: ({ series, indexes, values }) =>
      indexes.forEach((index, at) => {
        const one = series[index];
        if (one === undefined) return;
        const tags = Object.fromEntries(tagsOf(one.tags));
        const metadata = Object.fromEntries(metadataOf(one.tags));
        samples.push({ metric: one.definition.name, value: values[at] ?? 0, tags, metadata });
      }),
  });
  return { samples, run };
}

function tagsOfMetric(samples: readonly Sample[], metric: string): unknown[] {
  return samples.filter((one) => one.metric === metric).map(({ tags }) => tags);
}

let url = '';
let socketUrl = '';
let target: LoadTarget;

beforeAll(async () => {
  const server = createServer((_request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/x` : '';
  target = new LoadTarget((socket) => {
    socket.send('welcome');
    socket.on('message', (bytes: Buffer, isBinary) => socket.send(bytes, { binary: isBinary }));
  });
  await target.start();
  socketUrl = target.url;
  return async () => {
    server.closeAllConnections();
    server.close();
    await target.stop();
  };
});

/** Facts from k6 1.3.0's JSON output for the same scripts. */
describe('samples of a script', () => {
  it('include one of data_sent and one of data_received per iteration, even if 0, with the tags at its end', async () => {
    const { samples, run } = await sample(
      `
      import ws from 'k6/ws';
      import http from 'k6/http';
      import exec from 'k6/execution';
      import { group } from 'k6';
      export function setup() { http.get('${url}'); }
      export function teardown() {}
      export default function () {
        if (__ITER === 2) return;
        group('outer', () => {
          http.get('${url}', { tags: { own: 'tag' } });
          ws.connect('${socketUrl}', { tags: { kind: 'a' } }, (s) => s.on('message', () => s.close()));
        });
        exec.vu.metrics.tags.step = 's' + __ITER;
        if (__ITER === 1) throw new Error('an iteration that fails counts');
      }`,
      { flags: { iterations: '3' } },
    );
    for (const metric of ['data_sent', 'data_received']) {
      const ofIterations = { group: '', scenario: 'default' };
      expect(tagsOfMetric(samples, metric), metric).toEqual([
        { group: '::setup' },
        { ...ofIterations, step: 's0' },
        { ...ofIterations, step: 's1' },
        { ...ofIterations, step: 's1' },
        { group: '::teardown' },
      ]);
      const values = samples.filter((one) => one.metric === metric).map(({ value }) => value);
      expect(values[1]).toBeGreaterThan(values[0] ?? 0);
      expect(values[4]).toBe(0);
      expect(values.reduce((sum, value) => sum + value)).toBe(run.totals.counters[metric]);
    }
  });

  it('include those of an interrupted iteration, without its duration', async () => {
    const { samples, run } = await sample(
      `
      import ws from 'k6/ws';
      export default function () { ws.connect('${socketUrl}', {}, (s) => { s.setInterval(() => s.send('x'), 10); }); }`,
      {
        started: (load) => {
          const before = target.counts.received;
          void vi.waitFor(() => expect(target.counts.received).toBeGreaterThan(before), 10_000).then(() => load.stop());
        },
      },
    );
    expect(tagsOfMetric(samples, 'iteration_duration')).toEqual([]);
    const [sent, ...others] = samples.filter(({ metric }) => metric === 'data_sent');
    expect(others).toEqual([]);
    expect(sent?.value).toBe(run.totals.counters['data_sent']);
    expect(sent?.value).toBeGreaterThan(100);
  });

  it('of k6/ws have no name, protocol or TLS version; those of a refused dial have no status', async () => {
    const { samples } = await sample(`
      import ws from 'k6/ws';
      export default function () {
        ws.connect('${socketUrl}', { tags: { kind: 'a', url: 'own' } }, (s) => {
          s.on('open', () => s.send('hi'));
          s.on('message', (text) => { if (text === 'hi') s.close(); });
        });
        ws.connect('ws://127.0.0.1:1/refused', {}, () => {});
      }`);
    const base = { group: '', scenario: 'default' };
    const open = { ...base, kind: 'a', url: socketUrl, status: '101', subproto: '' };
    const refused = { ...base, url: 'ws://127.0.0.1:1/refused' };
    for (const metric of ['ws_sessions', 'ws_connecting', 'ws_session_duration']) {
      expect(tagsOfMetric(samples, metric), metric).toEqual([open, refused]);
    }
    expect(tagsOfMetric(samples, 'ws_msgs_sent')).toEqual([open]);
    // The welcome message arrives in the same packet as the handshake response.
    expect(tagsOfMetric(samples, 'ws_msgs_received')).toEqual([open, open]);
  });

  it.each([
    { given: '{}', expected: () => ({ name: socketUrl, url: socketUrl }) },
    { given: `{ tags: { name: 'room' } }`, expected: () => ({ name: 'room', url: 'room' }) },
  ])('of k6/websockets have a name, which stands in both tags: $given', async ({ given, expected }) => {
    const { samples } = await sample(`
      import { WebSocket } from 'k6/websockets';
      export default function () {
        const socket = new WebSocket('${socketUrl}', null, ${given});
        socket.onmessage = () => socket.close();
      }`);
    const tags = { group: '', scenario: 'default', status: '101', subproto: '', ...expected() };
    for (const metric of ['ws_sessions', 'ws_connecting', 'ws_session_duration', 'ws_msgs_received', 'ws_msgs_sent']) {
      expect(tagsOfMetric(samples, metric), metric).toEqual([tags]);
    }
  });

  it('carry metadata in addition to tags; vu and iter are metadata on request', async () => {
    const { samples } = await sample(
      `
      import http from 'k6/http';
      import exec from 'k6/execution';
      export const options = { systemTags: ['vu', 'iter', 'status'] };
      export function setup() { http.get('${url}'); }
      export default function () {
        exec.vu.metrics.metadata.trace = 't' + __ITER;
        http.get('${url}');
        console.log(JSON.stringify(exec.vu.metrics.tags) + Object.keys(exec.vu.metrics.metadata).join());
      }`,
      { flags: { iterations: '2' } },
    );
    const requests = samples.filter(({ metric }) => metric === 'http_reqs');
    expect(requests.map(({ tags, metadata }) => ({ tags, metadata }))).toEqual([
      { tags: { status: '200' }, metadata: { iter: '0' } },
      { tags: { status: '200' }, metadata: { vu: '1', iter: '0', trace: 't0' } },
      { tags: { status: '200' }, metadata: { vu: '1', iter: '1', trace: 't1' } },
    ]);
    const iterations = samples.filter(({ metric }) => metric === 'iterations');
    expect(iterations.map(({ tags, metadata }) => ({ tags, metadata }))).toEqual([
      { tags: {}, metadata: { vu: '1', iter: '0', trace: 't0' } },
      { tags: {}, metadata: { vu: '1', iter: '1', trace: 't1' } },
    ]);
  });

  it('do not include internal metrics', async () => {
    const { samples } = await sample(`
      import { WebSocket } from 'k6/websockets';
      export default function () {
        const socket = new WebSocket('${socketUrl}');
        socket.onopen = () => { socket.ping(); socket.close(); };
      }`);
    expect(samples.filter(({ metric }) => metric.startsWith('wsg_'))).toEqual([]);
  });

  it('include a series of expected responses without request', async () => {
    const script = (systemTags: string): string => `
      import http from 'k6/http';
      export const options = { ${systemTags} };
      export default function () { http.get('${url}'); http.get('http://127.0.0.1:1/'); }`;
    const name = 'http_req_duration{expected_response:true}';
    const { run } = await sample(script(''));
    expect(run.totals.trends['http_req_duration']?.count).toBe(2);
    expect(run.totals.trends[name]?.count).toBe(1);
    const without = await sample(script(`systemTags: ['status']`));
    expect(without.run.totals.trends[name]).toBeUndefined();
  });
});
