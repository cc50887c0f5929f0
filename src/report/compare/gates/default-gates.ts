import type { RunHeader } from '../../../run-file/records.js';
import type { Gate } from '../comparison.js';
import { figureOf } from '../seconds/figure.js';
import { wantedSamples } from './judge-gate.js';
import { parseGate } from './parse-gate.js';
import type { Sides } from '../seconds/loaded-run.js';

/**
 * What a run is judged on when nobody says: a few figures that its scenario is about, and that
 * nothing fails more often.
 */
const GATES: Readonly<Record<string, readonly string[]>> = {
  snapshot: ['ws_ping p(95)', 'ws_connecting p(95)', 'ws_msgs_received rate'],
  echo: ['ws_rtt p(50)', 'ws_rtt p(99)'],
  flood: ['ws_msgs_sent rate'],
  idle: ['ws_connecting p(95)'],
  churn: ['ws_connecting p(50)', 'ws_connecting p(95)'],
  storm: ['ws_reconnecting p(95)'],
  'fan-out': ['ws_delivery p(50)', 'ws_delivery p(99)'],
};
/** Of a script nothing is known but what k6 measures of it. */
const SCRIPT_GATES = ['ws_connecting p(95)', 'iteration_duration p(95)', 'ws_msgs_received rate'];
const CHECKS = 'checks rate > -1%';

/**
 * The default gates of a run; `budget` is the change for the worse that is let pass. Those of
 * metrics that it does not have are left out.
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
 * The gates that runs are judged by: all that somebody asked for, and of the default ones those
 * that the runs have enough samples for. A default gate that is left out is told, unless neither
 * side knows its metric; one that only the new side has nothing for stays, and is unjudged.
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

/** Why a default gate says nothing of these runs; '' where that need not be told. */
function reasonAgainst(gate: Gate, base: Sides['base'], next: Sides['next']): string | undefined {
  const fewest = (runs: Sides['base']): number => Math.min(...runs.map((run) => figureOf(gate, run).samples));
  const [before, after] = [fewest(base), fewest(next)];
  const isOptional = gate.series === 'checks' || base.every(({ run }) => run.header.scriptHash !== undefined);
  if (before === 0 && after === 0) return isOptional ? '' : undefined;
  const wanted = wantedSamples(gate);
  if (gate.aggregate.type !== 'quantile' || after === 0 || Math.min(before, after) >= wanted) return undefined;
  // With far fewer than the base it is no luck that there are too few.
  if (before >= wanted && after < before / 2) return undefined;
  return `a run has ${Math.min(before, after)} samples, and this percentile wants ${wanted}`;
}
