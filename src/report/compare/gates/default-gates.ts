import type { RunHeader } from '../../../run-file/records.js';
import type { Gate } from '../comparison.js';
import { figureOf } from '../seconds/figure.js';
import { wantedSamples } from './judge-gate.js';
import { parseGate } from './parse-gate.js';
import type { Sides } from '../seconds/loaded-run.js';

/** Default gates by scenario: its main figures, and no more failed checks. */
const GATES: Readonly<Record<string, readonly string[]>> = {
  snapshot: ['ws_ping p(95)', 'ws_connecting p(95)', 'ws_msgs_received rate'],
  echo: ['ws_rtt p(50)', 'ws_rtt p(99)'],
  flood: ['ws_msgs_sent rate'],
  idle: ['ws_connecting p(95)'],
  churn: ['ws_connecting p(50)', 'ws_connecting p(95)'],
  storm: ['ws_reconnecting p(95)'],
  'fan-out': ['ws_delivery p(50)', 'ws_delivery p(99)'],
};
/** Default gates of scripts: the metrics that k6 has for every script. */
const SCRIPT_GATES = ['ws_connecting p(95)', 'iteration_duration p(95)', 'ws_msgs_received rate'];
const CHECKS = 'checks rate > -1%';

/**
 * The default gates of a run; `budget` is the change for the worse that passes. Gates on metrics
 * that the run does not have are left out.
 */
export function defaultGates({ scenario, scriptHash, metrics }: RunHeader, budget: number): readonly Gate[] {
  const wanted = scriptHash === undefined ? (GATES[scenario] ?? []) : SCRIPT_GATES;
  const percent = `${Number((budget * 100).toFixed(4))}%`;
  const texts = wanted.map((gate) => (gate.endsWith('rate') ? `${gate} > -${percent}` : `${gate} < +${percent}`));
  return [...texts, CHECKS].flatMap((text) => {
    const gate = parseGate(text, 'default');
    return 'problem' in gate || !metrics.some(({ name }) => name === gate.series) ? [] : [gate];
  });
}

/**
 * Chooses the gates to judge by: all that were requested, and the default gates for which the runs
 * have enough samples. A default gate that is left out is reported, unless neither side has the
 * metric. If only the new side has no samples, the gate stays and is unjudged.
 */
export function applicableGates(
  gates: readonly Gate[],
  { base, next }: Sides,
): { readonly kept: readonly Gate[]; readonly notes: readonly string[] } {
  const judged = gates.map((gate) => ({
    gate,
    reason: gate.origin === 'default' ? reasonAgainst(gate, base, next) : undefined,
  }));
  const left = judged.flatMap(({ gate, reason }) =>
    reason === undefined || reason === '' ? [] : [`${gate.text}: ${reason}`],
  );
  return {
    kept: judged.flatMap(({ gate, reason }) => (reason === undefined ? [gate] : [])),
    notes: left.map((text) => `default gate left out, ${text}`),
  };
}

/** The reason for leaving out a default gate; '' if it need not be reported. */
function reasonAgainst(gate: Gate, base: Sides['base'], next: Sides['next']): string | undefined {
  const fewest = (runs: Sides['base']): number => Math.min(...runs.map((run) => figureOf(gate, run).samples));
  const [before, after] = [fewest(base), fewest(next)];
  const isOptional = gate.series === 'checks' || base.every(({ run }) => run.header.scriptHash !== undefined);
  if (before === 0 && after === 0) return isOptional ? '' : undefined;
  const wanted = wantedSamples(gate);
  if (gate.aggregate.type !== 'quantile' || after === 0 || Math.min(before, after) >= wanted) return undefined;
  // Far fewer samples than in the base are not due to chance.
  if (before >= wanted && after < before / 2) return undefined;
  return `a run has ${Math.min(before, after)} samples; this percentile needs ${wanted}`;
}
