import type { Slots } from '../pacing/stripe.js';
import type { PlanShard } from './plan-shard.js';

/**
 * The part of a plan that this process runs while others run the rest: k6's execution segment. It
 * is exact: a range of equal slots.
 */
export interface ExecutionSegment extends Slots {
  /** As it was given: `1/4:1/2`. */
  readonly text: string;
}

/** An exact share of 1. */
interface Fraction {
  readonly over: number;
  readonly under: number;
}

const RATIO = /^(\d{1,9})\/([1-9]\d{0,8})$/;
const DECIMAL = /^(\d{1,9})(?:\.(\d{1,6}))?$/;
const MOST_SLOTS = 10_000;
const FORMS = "a part of 1 such as '0:1/4', '25%:50%' or '0.25:0.5'";

/**
 * Parses k6's `--execution-segment` with its `--execution-segment-sequence` (k6 docs, "Execution
 * segment"). Undefined for the whole plan; a problem when a text is invalid or the parts cannot be
 * exact. Without a sequence only repeated halves are exact for every choice of the other segments.
 */
export function parseExecutionSegment(
  text: string,
  sequence: string | undefined,
): ExecutionSegment | { readonly problem: string } | undefined {
  const bounds = parseBounds(text);
  if (bounds === undefined) return { problem: `'${text}' is not ${FORMS}` };
  const cuts = sequence === undefined ? bounds : parseCuts(sequence);
  if (cuts === undefined)
    return { problem: `the sequence '${sequence}' must be an ascending list such as '0,1/4,1/2,1'` };
  const [from, to] = bounds;
  if (!hasNeighbours(cuts, from, to)) return { problem: `'${text}' is not a part of the sequence '${sequence}'` };
  const period = cuts.reduce((common, { under }) => leastCommonMultiple(common, under), 1);
  if (period > MOST_SLOTS) return { problem: `'${text}' would need ${period} equal parts, more than ${MOST_SLOTS}` };
  if (sequence === undefined && !Number.isInteger(Math.log2(period))) {
    return {
      problem: `'${text}' needs --execution-segment-sequence: only with all parts known can each be exact`,
    };
  }
  if (from.over === 0 && to.over === to.under) return undefined;
  return { text, period, from: slotOf(from, period), to: slotOf(to, period) };
}

/** The segment of one of several equal shards; undefined for the only one. */
export function shardSegment({ index, count }: PlanShard): ExecutionSegment | undefined {
  if (count === 1) return undefined;
  const text = `${index - 1}/${count}:${index}/${count}`;
  return { text, period: count, from: index - 1, to: index };
}

/** The share of the whole that a segment is: 0 to 1. */
export function segmentShare(segment: ExecutionSegment | undefined): number {
  return segment === undefined ? 1 : (segment.to - segment.from) / segment.period;
}

function parseBounds(text: string): readonly [Fraction, Fraction] | undefined {
  const parts = text.split(':');
  const [from, to] = (parts.length === 1 ? ['0', ...parts] : parts).map(parseFraction);
  const isPair = parts.length <= 2 && from !== undefined && to !== undefined;
  return isPair && isAscending([from, to]) ? [from, to] : undefined;
}

function parseCuts(sequence: string): readonly Fraction[] | undefined {
  const cuts = sequence.split(',').map(parseFraction);
  const known = cuts.filter((cut) => cut !== undefined);
  return known.length === cuts.length && known.length > 1 && isAscending(known) ? known : undefined;
}

function parseFraction(text: string): Fraction | undefined {
  const isPercent = text.trim().endsWith('%');
  const number = text.trim().replace(/%$/, '');
  const scale = isPercent ? 100 : 1;
  const ratio = RATIO.exec(number);
  if (ratio !== null) return shortened(Number(ratio[1]), Number(ratio[2]) * scale);
  const decimal = DECIMAL.exec(number);
  if (decimal === null) return undefined;
  const [, whole = '', decimals = ''] = decimal;
  return shortened(Number(whole + decimals), 10 ** decimals.length * scale);
}

/** In lowest terms; undefined when it is more than the whole. */
function shortened(over: number, under: number): Fraction | undefined {
  const common = greatestCommonDivisor(over, under);
  return over > under ? undefined : { over: over / common, under: under / common };
}

function isAscending(cuts: readonly Fraction[]): boolean {
  return cuts.every((cut, index) => {
    const next = cuts[index + 1];
    return next === undefined || cut.over * next.under < next.over * cut.under;
  });
}

function hasNeighbours(cuts: readonly Fraction[], from: Fraction, to: Fraction): boolean {
  return cuts.some((cut, index) => {
    const next = cuts[index + 1];
    return next !== undefined && isEqual(cut, from) && isEqual(next, to);
  });
}

function isEqual(left: Fraction, right: Fraction): boolean {
  return left.over === right.over && left.under === right.under;
}

function slotOf({ over, under }: Fraction, period: number): number {
  return (over * period) / under;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

function leastCommonMultiple(left: number, right: number): number {
  return (left / greatestCommonDivisor(left, right)) * right;
}
