import type { Gate, GateAggregate, Unit, WorseDirection } from '../comparison.js';

const GATE =
  /^\s*(?<series>[A-Za-z_][\w.]*(?:\{[^{}]*\})?)\s+(?<aggregate>p\(\s*[\d.]+\s*\)|med|avg|min|max|count|rate|value)\s*(?<operator><=?|>=?)\s*(?<bound>\S+?)(?:\s+floor\s+(?<floor>\S+))?\s*$/;
const BUDGET = /^(?<sign>[+-])(?<percent>\d+(?:\.\d+)?)%$/;
const VALUE = /^(?<number>\d+(?:\.\d+)?)(?<unit>us|ms|s|m|%|B|kB|KB|MB|GB|KiB|MiB|GiB)?(?:\/s)?$/;
/** Factors to the unit of a metric: milliseconds for times, ratios for rates, bytes for data. */
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
/**
 * A lower bound on a share in per cent below this is taken for a change without its sign: `checks
 * rate > 5%`.
 */
const LEAST_SHARE = 50;
const FORM = "such as 'ws_ping p(99) < +10%', 'checks rate > -1%' or 'ws_ping p(95) < 200ms'";

/**
 * Parses a gate: a series, an aggregate, and a bound, which is a change for the worse (`< +10%`, `>
 * -10%`) or a value (`< 200ms`, `> 99%`). `floor 2ms` at the end lets smaller changes pass. Returns
 * the problem as a sentence if the text is invalid.
 */
export function parseGate(text: string, origin: Gate['origin']): Gate | { readonly problem: string } {
  const groups = GATE.exec(text)?.groups;
  if (groups === undefined) return { problem: `'${text}' must be a gate ${FORM}` };
  const { series = '', aggregate: word = '', operator = '', bound = '', floor } = groups;
  const aggregate = aggregateOf(word);
  if (aggregate === undefined) return { problem: `'${text}': the percentile must be > 0 and < 100 (got '${word}')` };
  const worse: WorseDirection = operator.startsWith('<') ? 'up' : 'down';
  const read = boundOf(bound, operatorOf(operator), { aggregate, worse });
  if ('problem' in read) return { problem: `'${text}': ${read.problem}` };
  return withFloor({ text: text.trim(), series, aggregate, worse, origin, ...read }, floor);
}

function withFloor(gate: Gate, floor: string | undefined): Gate | { readonly problem: string } {
  if (floor === undefined) return gate;
  const value = valueOf(floor);
  return value === undefined
    ? { problem: `'${gate.text}': the floor must be a value such as 2ms (got '${floor}')` }
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
    if ((sign === '+') !== (worse === 'up'))
      return { problem: `a change for the worse must be written as '< +10%' or '> -10%' (got '${bound}')` };
    return { budget: Number(percent) / 100 };
  }
  const value = valueOf(bound);
  const forgotten = forgottenSign(bound, aggregate, worse);
  if (forgotten !== undefined) return { problem: forgotten };
  if (value !== undefined) return { limit: { operator, value } };
  return { problem: `the bound must be a change such as +10% or a value such as 200ms (got '${bound}')` };
}

/**
 * Per cent without a sign are a bound on a share (`checks rate > 99%`). On anything else, and as a
 * low bound on a share, they are taken for a change without its sign.
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

/** The name of an aggregate in gates and tables: `p(99)`. */
export function aggregateName(aggregate: GateAggregate): string {
  if (aggregate.type !== 'quantile') return aggregate.type;
  return `p(${Number((aggregate.quantile * 100).toFixed(6))})`;
}

/** Suffixes that a value of each unit may have. */
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
  'bytes per second': 'bytes per second, such as 5MB/s',
  'per second': 'a number per second, such as 100/s',
  ratio: 'a share, such as 99%',
  '': 'a plain number',
};

/**
 * The problem if a bound or a floor has another unit than the gated figure; undefined if it fits.
 */
export function misfitOf(gate: Pick<Gate, 'text'>, unit: Unit): string | undefined {
  const { bound = '', floor = '' } = GATE.exec(gate.text)?.groups ?? {};
  const values = BUDGET.test(bound) ? [floor] : [bound, floor];
  const misfit = values.find((value) => {
    const written = value.replace(/^[\d.]+/, '');
    return written !== '' && !WRITTEN[unit].test(written);
  });
  return misfit === undefined ? undefined : `${misfit} has the wrong unit: this gate needs ${WORDS[unit]}`;
}
