import { describe, expect, it } from 'vitest';
import type { Comparison, GateResult, Verdict } from '../../../src/report/compare/comparison.js';
import { readGates } from '../../../src/report/compare/gates/read-gates.js';
import { intervalBar } from '../../../src/report/render/comparison-figures.js';
import { textWidth } from '../../../src/summary/index.js';
import { formatOfFile, renderComparison } from '../../../src/report/render/render-comparison.js';

const OPTIONS = { colour: false, columns: 120, isStrict: false };

function gate(text: string, verdict: Verdict, more: Partial<GateResult> = {}): GateResult {
  const [own] = readGates([text], 'flag');
  if (own === undefined) throw new Error('no gate');
  const side = { value: 10, runs: 1, seconds: 60, samples: 6000 };
  return {
    gate: own,
    unit: 'ms',
    verdict,
    reasons: [],
    base: side,
    next: { ...side, value: 13 },
    change: 0.3,
    interval: { low: 0.2, high: 0.4 },
    warnings: [],
    ...more,
  };
}

function comparison(gates: readonly GateResult[], more: Partial<Comparison> = {}): Comparison {
  const run = {
    path: 'runs/a|b<script>.run',
    startedAt: '2026-01-02T03:04:05.000Z',
    scenario: 'echo',
    version: '1',
    node: 'v20',
    machine: 'm',
    labels: {},
    health: 'healthy' as const,
    durationMs: 60_000,
    complete: true,
  };
  return {
    verdict: 'regression',
    because: '1 of 3 gates: ws_rtt p(99) < +10%',
    settings: { method: 'one-against-one', noise: 0.05, defaultBudget: 0.1, confidence: 0.9, warmupMs: 0, seed: 1 },
    base: [run],
    next: [run],
    leftOut: [],
    differences: [{ key: 'node', base: 'v20', next: 'v22', consequence: 'warning' }],
    gates,
    shown: [{ series: 'data_sent', aggregate: 'rate', unit: 'per second', base: 1, next: 2, change: 1 }],
    stalls: [
      {
        side: 'new',
        path: 'x.run',
        series: 'ws_rtt',
        second: 7,
        seconds: 1,
        isPart: false,
        text: 'second 8: 0 samples of ws_rtt instead of the usual 100',
      },
    ],
    warnings: ['judged by the default gates'],
    ...more,
  };
}

const GATES = [
  gate('ws_rtt p(99) < +10%', 'regression'),
  gate('ws_rtt p(50) < +10%', 'inconclusive', { reasons: ['it reaches across'], more: { seconds: 90 } }),
  gate('checks rate > -1%', 'invalid', {
    interval: null,
    change: null,
    unit: 'ratio',
    reasons: ['nothing "<&>" recorded'],
  }),
];

describe('a comparison', () => {
  it.each([60, 80, 120, 200])('reads well in %d columns, without colour, and keeps within them', (columns) => {
    const text = renderComparison(comparison(GATES), 'text', { ...OPTIONS, columns });
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/^regression: /);
    for (const word of ['✗ regression', '? inconclusive', '! invalid']) expect(text).toContain(word);
    expect(text).toContain('+30.0% [+20.0%, +40.0%]');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('runs of about 90 s would give an answer');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('stall in the new run x.run, second 8: 0 samples');
    expect(text).toContain('node differs: v20 and v22');
  });

  it('draws the interval against the budget', () => {
    expect(intervalBar(gate('a p(50) < +10%', 'regression'))).toBe('······│·······│···━━●');
    expect(intervalBar(gate('a p(50) < 10ms', 'regression'))).toBe('');
  });

  it('is a comment whose first line has the verdict, in which nothing of the user becomes markup', () => {
    const text = renderComparison(comparison(GATES), 'markdown', OPTIONS);
    expect(text.split('\n')[0]).toMatch(/^\*\*✗ regression\*\*: /);
    expect(text).not.toContain('<script>');
    expect(text).toContain('| `ws_rtt p(99) < +10%` | 10ms | 13ms | +30.0% [+20.0%, +40.0%] | ✗ regression |');
    const many = Array.from({ length: 2000 }, (_, index) => gate(`m${index} p(99) < +10%`, 'regression'));
    const long = renderComparison(comparison(many), 'markdown', OPTIONS);
    expect(long.length).toBeLessThanOrEqual(60_000);
    expect(long).toContain('(truncated: ');
    const late = [
      ...many.slice(1).map((one) => ({ ...one, verdict: 'within budget' as const })),
      many[0] ?? gate('m p(50) < +1%', 'regression'),
    ];
    const shown = renderComparison(comparison(late, { because: 'x'.repeat(500) }), 'markdown', OPTIONS);
    expect(shown.split('\n')[4]).toContain('| `m0 p(99) < +10%`');
    const wordy = renderComparison(comparison(GATES, { because: 'x'.repeat(200_000) }), 'markdown', OPTIONS);
    expect(wordy.length).toBeLessThanOrEqual(60_000);
  });

  it('is a JUnit suite: what regresses fails, what is invalid errs, what is inconclusive is skipped unless that is strict', () => {
    const xml = renderComparison(comparison(GATES), 'junit', OPTIONS);
    expect(xml).toContain('<testsuites name="wsg report" tests="3" failures="1" errors="1">');
    expect(xml).toContain('<testsuite name="wsg report" tests="3" failures="1" errors="1" skipped="1">');
    expect(xml).toContain('<error message="invalid; nothing &quot;&lt;&amp;&gt;&quot; recorded">');
    const strict = renderComparison(comparison(GATES), 'junit', { ...OPTIONS, isStrict: true });
    expect(strict).toContain('tests="3" failures="2" errors="1" skipped="0"');
    const whole = renderComparison(
      comparison([gate('a p(50) < +10%', 'inconclusive')], { because: 'more fails \u0007 🐢' }),
      'junit',
      OPTIONS,
    );
    expect(whole).toContain('tests="2" failures="1"');
    expect(whole).toContain('message="more fails ? 🐢"');
  });

  it('is a table for programs, and JSON that says all', () => {
    const csv = renderComparison(comparison(GATES), 'csv', OPTIONS).split('\r\n');
    expect(csv[1]).toBe('ws_rtt p(99) < +10%,regression,ms,10,13,0.3,0.2,0.4,1,1,6000,6000,');
    expect(csv[3]).toContain('"nothing ""<&>"" recorded"');
    expect(JSON.parse(renderComparison(comparison(GATES), 'json', OPTIONS))).toEqual(
      JSON.parse(JSON.stringify(comparison(GATES))),
    );
  });

  it('is a code quality issue of the whole where no gate says what became of it', () => {
    const worse = comparison([gate('a p(50) < +10%', 'within budget')], { because: 'more of its checks fail' });
    const issues: unknown = JSON.parse(renderComparison({ ...worse, verdict: 'regression' }, 'code-quality', OPTIONS));
    expect(issues).toMatchObject([{ description: 'regression: more of its checks fail', severity: 'critical' }]);
  });

  it('takes its format from the ending of a file', () => {
    expect(
      ['a.md', 'b.xml', 'c.json', 'd.csv', 'e.txt', 'f.html', 'gl-code-quality.json', 'g'].map(formatOfFile),
    ).toEqual(['markdown', 'junit', 'json', 'csv', 'text', 'html', 'code-quality', undefined]);
  });
});
