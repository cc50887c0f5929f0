import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { promqlNames } from '../support/promql-names.js';
import { RunningGateway } from '../support/running-gateway.js';

const Panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: z.object({ uid: z.literal('${datasource}') }).optional(),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});

const Dashboard = z.object({
  schemaVersion: z.number().min(39),
  templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  panels: z.array(Panel),
});

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

function example(name: string): Promise<string> {
  return readFile(new URL(`../../examples/${name}`, import.meta.url), 'utf8');
}

async function readDashboard() {
  return Dashboard.parse(JSON.parse(await example('grafana/wsg-gateway.json')));
}

async function readRules() {
  return Rules.parse(parse(await example('prometheus/alerts.yml'))).groups.flatMap(({ rules }) => rules);
}

/** Names of the metrics of a running gateway, with the parts of histograms. */
async function exposedMetrics(): Promise<ReadonlySet<string>> {
  const text = await (await RunningGateway.start()).get('/metrics');
  const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
  // Only the command writes a log to standard error and counts lines that it had to drop.
  return new Set([
    'log_lines_dropped_total',
    ...types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ]);
}

describe('the Grafana dashboard', () => {
  it('reads only metrics that a gateway has', async () => {
    const { panels } = await readDashboard();
    const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => promqlNames(expr)));
    const exposed = await exposedMetrics();
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((name) => !exposed.has(name))).toEqual([]);
  });

  it('has the documented rows, variables and data source', async () => {
    const { panels, templating } = await readDashboard();
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Connections',
      'Traffic',
      'Delivery',
      'Events and sinks',
      'Process',
    ]);
    for (const { targets, datasource } of panels) expect(targets.length === 0).toBe(datasource === undefined);
  });

  it('has no overlapping panels', async () => {
    const { panels } = await readDashboard();
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('shows every metric of the gateway except those that other figures include', async () => {
    const { panels } = await readDashboard();
    const asked = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => promqlNames(expr))));
    const left = [...(await exposedMetrics())].filter((name) => !asked.has(name) && !/^(process|nodejs)_/.test(name));
    expect(
      left.filter((name) => !/^(events_|outbox_events$|outbox_full$|outbox_disk_segments$|sink_required$)/.test(name)),
    ).toEqual(['send_duration_seconds_sum', 'handshake_duration_seconds_sum', 'handshake_duration_seconds_count']);
  });
});

describe('the Prometheus example', () => {
  it('alerts only on metrics that a gateway has', async () => {
    const rules = await readRules();
    const exposed = await exposedMetrics();
    const asked = rules.flatMap(({ expr }) => promqlNames(expr)).filter((name) => name !== 'up');
    expect(asked.length).toBeGreaterThan(12);
    expect(asked.filter((name) => !exposed.has(name))).toEqual([]);
  });

  it('has alerts that the guide explains, each once', async () => {
    const names = (await readRules()).map(({ alert }) => alert);
    const guide = await readFile(new URL('../../docs/guide/operating.md', import.meta.url), 'utf8');
    const explained = [...guide.matchAll(/^\| `(Wsg\w+)` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(names);
  });

  it('scrapes the default port of a gateway, and reads the alerts in the same folder', async () => {
    const config = parse(await example('prometheus/prometheus.yml'));
    expect(config.rule_files).toEqual(['alerts.yml']);
    expect(config.scrape_configs[0]).toMatchObject({
      job_name: 'wsg',
      static_configs: [{ targets: ['127.0.0.1:8080'] }],
    });
  });
});
