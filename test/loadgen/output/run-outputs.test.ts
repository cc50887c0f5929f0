import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseOutput } from '../../../src/loadgen/output/create-outputs.js';
import { OtlpOutput, otlpJson } from '../../../src/loadgen/output/otlp-output.js';
import { PrometheusOutput } from '../../../src/loadgen/output/prometheus-output.js';
import { prometheusText } from '../../../src/summary/exporters/prometheus-text.js';
import { sampleSnapshot } from '../../support/run-snapshots.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

describe('prometheusText', () => {
  it("contains counters, gauges, rates, trends, times in seconds, and the generator's health", () => {
    const lines = prometheusText(sampleSnapshot(2)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE wsg_ws_msgs_received_total counter',
        'wsg_ws_msgs_received_total 20',
        'wsg_data_received_bytes_total 340',
        '# TYPE wsg_vus gauge',
        'wsg_vus 2',
        'wsg_checks_passes_total 20',
        'wsg_checks_fails_total 2',
        '# TYPE wsg_ws_connecting_seconds summary',
        'wsg_ws_connecting_seconds{quantile="0.5"} 0.0015',
        'wsg_ws_connecting_seconds_sum 0.003',
        'wsg_ws_connecting_seconds_count 2',
        'wsg_generator_event_loop_use_ratio 0.3',
        'wsg_generator_saturated 0',
      ]),
    );
  });

  it('contains submetrics as separate families, with their tags as labels', () => {
    const { totals, ...snapshot } = sampleSnapshot();
    const counters = { ws_sessions: 2, 'ws_sessions{room:a "b",1st:x}': 1 };
    const text = prometheusText({ ...snapshot, totals: { ...totals, counters } });
    expect(text).toContain('\nwsg_tagged_ws_sessions_total{room="a \\"b",_1st="x"} 1\n');
    expect(text).toContain('# TYPE wsg_ws_sessions_total counter\nwsg_ws_sessions_total 2\n');
  });
});

describe('PrometheusOutput', () => {
  it('answers GET /metrics, and only requests to an IP address', async () => {
    const output = new PrometheusOutput(LOOPBACK);
    await output.start();
    onTestFinished(async () => void (await output.stop()));
    output.takeSnapshot(sampleSnapshot());
    const url = /\((http:[^)]+)\)/.exec(output.description)?.[1] ?? '';
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('wsg_ws_sessions_total 1\n');
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect(await statusFor(url, 'evil.example')).toBe(403);
    expect(await statusFor(url, 'localhost:1')).toBe(200);
  });

  it('reports an address that is in use', async () => {
    const first = new PrometheusOutput(LOOPBACK);
    await first.start();
    onTestFinished(async () => void (await first.stop()));
    const port = Number(/:(\d+)\//.exec(first.description)?.[1]);
    const second = new PrometheusOutput({ ...LOOPBACK, port });
    await expect(second.start()).rejects.toMatchObject({
      code: 'listen.in-use',
      message: expect.stringContaining(`${port}`),
    });
  });
});

describe('OtlpOutput', () => {
  it('posts cumulative metrics to /v1/metrics', async () => {
    const bodies: unknown[] = [];
    const collector = await startCollector(async (incoming, response) => {
      bodies.push([
        incoming.method,
        incoming.url,
        incoming.headers['content-type'],
        JSON.parse(await bodyOf(incoming)),
      ]);
      response.end('{}');
    });
    const output = new OtlpOutput(collector);
    const snapshot = sampleSnapshot();
    output.takeSnapshot(snapshot);
    expect(await output.stop()).toEqual([]);
    expect(bodies).toEqual([['POST', '/v1/metrics', 'application/json', otlpJson(snapshot)]]);
  });

  it('has at most one pending request, sends the end of the run last, and counts skipped seconds', async () => {
    const sent: unknown[] = [];
    let release: () => void = () => undefined;
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const collector = await startCollector(async (incoming, response) => {
      const body = JSON.parse(await bodyOf(incoming));
      sent.push(JSON.stringify(body).includes('"asDouble":30}'));
      await isReleased;
      response.end('{}');
    });
    const output = new OtlpOutput(collector);
    for (const seconds of [1, 2, 3]) output.takeSnapshot(sampleSnapshot(seconds));
    release();
    expect(await output.stop()).toEqual([expect.stringMatching(/^1 seconds were not sent/)]);
    expect(sent).toEqual([false, true]);
  });

  it('reports the response of a collector that refuses', async () => {
    const collector = await startCollector(async (_incoming, response) => {
      response.writeHead(401).end();
    });
    const output = new OtlpOutput(collector);
    output.takeSnapshot(sampleSnapshot());
    expect(await output.stop()).toEqual([`1 requests to ${collector.origin} failed: the response status was 401`]);
  });

  it('contains 64-bit times as text, and quantiles of trends', () => {
    const text = JSON.stringify(otlpJson(sampleSnapshot()));
    expect(text).toContain('"startTimeUnixNano":"1712621641000000000","timeUnixNano":"1712621642000000000"');
    expect(text).toContain('"name":"wsg.ws_connecting","unit":"s","summary":');
    expect(text).toContain('{"quantile":0.5,"value":0.001}');
  });
});

describe('parseOutput', () => {
  it.each([
    'csv=colour=red',
    'csv=fileName=',
    'csv=timeFormat=iso',
    'csv=saveInterval=soon',
    'influxdb=http://a',
    'prometheus=9090',
    'otlp',
    'otlp=ws://collector:4318',
    'otlp=http://a:b@c',
  ])('refuses %s in a sentence', (text) => {
    expect(parseOutput(text)).toEqual({ problem: expect.stringMatching(/^out: /) });
  });
});

async function startCollector(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<URL> {
  const server = createServer((incoming, response) => void answer(incoming, response)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return new URL(`http://127.0.0.1:${bound.port}`);
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function statusFor(url: string, host: string): Promise<number | undefined> {
  const sent = request(url, { headers: { host } });
  sent.end();
  const [response] = await once(sent, 'response');
  if (!(response instanceof Object) || !('statusCode' in response)) throw new Error('no response');
  return Number(response.statusCode);
}
