import type { RunHeader } from '../../run-file/records.js';
import type { Gate } from './comparison.js';
import { parseGate } from './parse-gate.js';

/** What a run is judged on when nobody says: a few figures that its scenario is about, and that nothing fails more often. */
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

/** The default gates of a run; `budget` is the change for the worse that is let pass. Those of metrics that it does not have are left out. */
export function defaultGates({ scenario, scriptHash, metrics }: RunHeader, budget: number): readonly Gate[] {
  const wanted = scriptHash === undefined ? (GATES[scenario] ?? []) : SCRIPT_GATES;
  const percent = `${Number((budget * 100).toFixed(4))}%`;
  const texts = wanted.map((gate) => (gate.endsWith('rate') ? `${gate} > -${percent}` : `${gate} < +${percent}`));
  return [...texts, CHECKS].flatMap((text) => {
    const gate = parseGate(text, 'default');
    return 'problem' in gate || !metrics.some(({ name }) => name === gate.series) ? [] : [gate];
  });
}
