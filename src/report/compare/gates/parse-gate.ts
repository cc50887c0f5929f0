import type { Gate, GateAggregate, Unit, WorseDirection } from '../comparison.js';

const GATE =
  /^\s*(?<series>[A-Za-z_][\w.]*(?:\{[^{}]*\})?)\s+(?<aggregate>p\(\s*[\d.]+\s*\)|med|avg|min|max|count|rate|value)\s*(?<operator><=?|>=?)\s*(?<bound>\S+?)(?:\s+floor\s+(?<floor>\S+))?\s*$/;
const BUDGET = /^(?<sign>[+-])(?<percent>\d+(?:\.\d+)?)%$/;
const VALUE = /^(?<number>\d+(?:\.\d+)?)(?<unit>us|ms|s|m|%|B|kB|KB|MB|GB|KiB|MiB|GiB)?(?:\/s)?$/;
/** To the unit of a metric: milliseconds of times, parts of one of rates, bytes of data. */
const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  '%': 0.01,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
/** No bound on a share is meant to be lower: `checks rate > 5%` is a forgotten sign. */
const LEAST_SHARE = 50;
const FORM = "such as 'ws_ping p(99) < +10%', 'checks rate > -1%' or 'ws_ping p(95) < 200ms'";

/**
 * Reads a gate: a series, what is judged of it, and its bound, which is a change for the worse (`<
 * +10%`, `> -10%`) or a value (`< 200ms`, `> 99%`), with `floor 2ms` behind it for a change that
 * never counts. A sentence when it is none.
 */
export function parseGate(text: string, origin: Gate['origin']): Gate | { readonly problem: string } {
  const groups = GATE.exec(text)?.groups;
  if (groups === undefined) return { problem: `'${text}' is not a gate ${FORM}` };
  const { series = '', aggregate: word = '', operator = '', bound = '', floor } = groups;
  const aggregate = aggregateOf(word);
  if (aggregate === undefined) return { problem: `'${text}': ${word} is not a percentile from 0 to 100` };
  const worse: WorseDirection = operator.startsWith('<') ? 'up' : 'down';
  const read = boundOf(bound, operatorOf(operator), { aggregate, worse });
  if ('problem' in read) return { problem: `'${text}': ${read.problem}` };
  return withFloor({ text: text.trim(), series, aggregate, worse, origin, ...read }, floor);
}

function withFloor(gate: Gate, floor: string | undefined): Gate | { readonly problem: string } {
  if (floor === undefined) return gate;
  const value = valueOf(floor);
  return value === undefined
    ? { problem: `'${gate.text}': ${floor} must be a value such as 2ms` }
    : { ...gate, floor: value };
}

type Bound = Pick<Gate, 'budget' | 'limit'> | { readonly problem: string };

function boundOf(
  bound: string,
  operator: NonNullable<Gate['limit']>['operator'],
  { aggregate, worse }: Pick<Gate, 'aggregate' | 'worse'>,
): Bound {
  const { sign, percent } = BUDGET.exec(bound)?.groups ?? {};
  if (sign !== undefined) {
    if ((sign === '+') !== (worse === 'up')) return { problem: "a change for the worse is '< +10%' or '> -10%'" };
    return { budget: Number(percent) / 100 };
  }
  const value = valueOf(bound);
  const forgotten = forgottenSign(bound, aggregate, worse);
  if (forgotten !== undefined) return { problem: forgotten };
  if (value !== undefined) return { limit: { operator, value } };
  return { problem: `${bound} is neither a change such as +10% nor a value such as 200ms` };
}

/**
 * A share has bounds in per cent, `checks rate > 99%`; of anything else, and of a share that hardly
 * anything would miss, it is a change that lacks its sign.
 */
function forgottenSign(bound: string, aggregate: GateAggregate, worse: WorseDirection): string | undefined {
  const percent = /^(?<percent>\d+(?:\.\d+)?)%$/.exec(bound)?.groups?.['percent'];
  if (percent === undefined) return undefined;
  const isBound = aggregate.type === 'rate' && (worse === 'up' || Number(percent) >= LEAST_SHARE);
  if (isBound) return undefined;
  const [change, operator] = worse === 'up' ? [`+${bound}`, '<'] : [`-${bound}`, '>'];
  return `${bound} looks like a change without its sign: write '${operator} ${change}', or a bound in the unit of the metric`;
}

function operatorOf(text: string): NonNullable<Gate['limit']>['operator'] {
  if (text === '<=' || text === '>=' || text === '>') return text;
  return '<';
}

function aggregateOf(word: string): GateAggregate | undefined {
  switch (word) {
    case 'med':
      return { type: 'quantile', quantile: 0.5 };
    case 'avg':
    case 'min':
    case 'max':
    case 'count':
    case 'rate':
    case 'value':
      return { type: word };
    default: {
      const percentile = Number(word.slice(2, -1));
      return percentile > 0 && percentile < 100 ? { type: 'quantile', quantile: percentile / 100 } : undefined;
    }
  }
}

function valueOf(text: string): number | undefined {
  const { number, unit } = VALUE.exec(text)?.groups ?? {};
  return number === undefined ? undefined : Number(number) * (unit === undefined ? 1 : (UNITS[unit] ?? 1));
}

/** What an aggregate is called in gates and tables: `p(99)`. */
export function aggregateName(aggregate: GateAggregate): string {
  if (aggregate.type !== 'quantile') return aggregate.type;
  return `p(${Number((aggregate.quantile * 100).toFixed(6))})`;
}

/** What a value of each unit can be written in, beside a plain number. */
const WRITTEN: Readonly<Record<Unit, RegExp>> = {
  ms: /^(us|ms|s|m)$/,
  bytes: /^[kKMG]?i?B$/,
  'bytes per second': /^[kKMG]?i?B(\/s)?$/,
  'per second': /^\/s$/,
  ratio: /^%$/,
  '': /^$/,
};
const WORDS: Readonly<Record<Unit, string>> = {
  ms: 'a time, such as 20ms',
  bytes: 'bytes, such as 5MB',
  'bytes per second': 'bytes a second, such as 5MB/s',
  'per second': 'a number a second, such as 100/s',
  ratio: 'a share, such as 99%',
  '': 'a plain number',
};

/**
 * Why a bound or a floor is written in something else than what the gate is on; undefined where it
 * fits.
 */
export function misfitOf(gate: Pick<Gate, 'text'>, unit: Unit): string | undefined {
  const { bound = '', floor = '' } = GATE.exec(gate.text)?.groups ?? {};
  const values = BUDGET.test(bound) ? [floor] : [bound, floor];
  const misfit = values.find((value) => {
    const written = value.replace(/^[\d.]+/, '');
    return written !== '' && !WRITTEN[unit].test(written);
  });
  return misfit === undefined ? undefined : `${misfit} does not fit, for this is ${WORDS[unit]}`;
}
