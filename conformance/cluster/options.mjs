import { parseArgs } from 'node:util';
import { ENGINES } from './engine-server.mjs';
import { FAULT_NAMES } from './faults.mjs';

/** Bugs, each with its module. */
export const PLANTS = {
  'count-too-high': new URL('planted/count-too-high.mjs', import.meta.url),
  'repeat-twice': new URL('planted/repeat-twice.mjs', import.meta.url),
  'swap-two': new URL('planted/swap-two.mjs', import.meta.url),
  'answer-late': new URL('planted/answer-late.mjs', import.meta.url),
  'close-early': new URL('../chaos/planted/close-early.mjs', import.meta.url),
  'close-twice': new URL('../chaos/planted/close-twice.mjs', import.meta.url),
};

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  seeds: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  engine: { type: 'string' },
  nodes: { type: 'string', default: '3' },
  clients: { type: 'string', default: '60' },
  rate: { type: 'string', default: '60' },
  transport: { type: 'string', default: 'ws' },
  durability: { type: 'string', default: 'memory' },
  faults: { type: 'string', default: FAULT_NAMES.join(',') },
  plant: { type: 'string' },
  record: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

export const HELP = `npm run conformance -- cluster [--seconds 60] [--seeds 1] [--seed N] [--engine ${ENGINES.join('|')}] [--json]
  --nodes 3         nodes of the cluster
  --clients 60      test clients, spread over the nodes; --rate 60: calls a second, over all nodes
  --faults LIST     some of ${FAULT_NAMES.join(',')}; 'none' for a calm run
  --durability memory|disk, --transport uws|ws
  --plant ${Object.keys(PLANTS).join('|')}: a bug, which must be caught (exit 1)
  --record FILE     write what was observed in the last run, as the judge has it (JSON)
Seeds count up from --seed. Without --engine each seed runs on both.`;

/** The options of the command line. */
export function parseOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const number = (name) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} must be a whole number from 1, not '${String(values[name])}'`);
    return value;
  };
  const oneOf = (name, choices) => {
    if (values[name] !== undefined && !choices.includes(values[name]))
      throw new Error(`--${name} must be one of ${choices.join(', ')}, not '${String(values[name])}'`);
  };
  oneOf('engine', ENGINES);
  oneOf('durability', ['memory', 'disk']);
  oneOf('transport', ['uws', 'ws']);
  oneOf('plant', Object.keys(PLANTS));
  const faults = values.faults === 'none' ? [] : values.faults.split(',');
  const unknown = faults.find((name) => !FAULT_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--faults has '${unknown}', which is none of ${FAULT_NAMES.join(', ')}`);
  const numbers = Object.fromEntries(
    ['seconds', 'seeds', 'seed', 'nodes', 'clients', 'rate'].map((key) => [key, number(key)]),
  );
  return { ...values, ...numbers, faults };
}
