import { evidenceOf } from '../evidence/evidence-of.js';
import {
  asInterval,
  smallestFound,
  TAIL,
  verdictOf,
  worstPossible,
  type Evidence,
  type EvidenceOptions,
} from '../evidence/evidence.js';
import { moreEvidence } from '../evidence/more-evidence.js';
import { mean } from '../evidence/statistics.js';
import { largest } from '../../../core/largest.js';
import type { Gate, GateResult, GateSide } from '../comparison.js';
import { driftsOf } from '../seconds/find-drift.js';
import type { Figure } from '../seconds/figure.js';
import { misfitOf } from './parse-gate.js';
import { judgeZero } from './judge-zero.js';

/** A percentile needs this many samples above it. */
const WANTED_ABOVE = 10;

/** The number of samples that a gate's aggregate needs; 1 unless it is a quantile. */
export function wantedSamples({ aggregate }: Pick<Gate, 'aggregate'>): number {
  if (aggregate.type !== 'quantile') return 1;
  return Math.ceil(WANTED_ABOVE / (1 - aggregate.quantile) - 1e-6);
}

/** A gate and its figures on both sides. */
export interface GateFigures {
  readonly gate: Gate;
  readonly unit: GateResult['unit'];
  readonly base: readonly Figure[];
  readonly next: readonly Figure[];
}

type Shown = Omit<GateResult, 'verdict' | 'reasons'>;
type Said = Pick<GateResult, 'verdict' | 'reasons'>;

/**
 * Judges a gate by the response times, counts or shares of both sides. `blocking` has the reasons
 * why every gate is invalid.
 */
export function judgeGate(figures: GateFigures, options: EvidenceOptions, blocking: readonly string[]): GateResult {
  const { gate, unit, base, next } = figures;
  const sides = { gate, unit, base: sideOf(gate, base), next: sideOf(gate, next) };
  const shown: Shown = { ...sides, change: changeOf(sides.base.value, sides.next.value), interval: null, warnings: [] };
  const problem = blocking.length > 0 ? ({ verdict: 'invalid', reasons: blocking } as const) : problemOf(figures);
  if (problem !== undefined) return { ...shown, ...problem };
  if (gate.limit !== undefined) return { ...shown, ...judgeLimit(shown, gate.limit) };
  const evidence = evidenceOf(gate, base, next, options);
  if (sides.base.value === 0 || sides.next.value === 0) {
    return { ...shown, ...(smallDifference(shown) ?? judgeZero(shown, evidence)) };
  }
  if (evidence === undefined)
    return {
      ...shown,
      verdict: 'unjudged',
      reasons: ['the variation within a run cannot be estimated, so there is no interval'],
    };
  const drifts = [...driftsOf('base', base), ...driftsOf('new', next)];
  // A drift also causes autocorrelation, so that warning would be redundant.
  return judgeEvidence(shown, { ...evidence, warnings: drifts.length > 0 ? drifts : evidence.warnings });
}

function judgeEvidence(shown: Shown, evidence: Evidence): GateResult {
  const { gate } = shown;
  const small = smallDifference(shown);
  const verdict = small?.verdict ?? verdictOf(gate, evidence);
  const result = {
    ...shown,
    verdict,
    reasons: small?.reasons ?? (verdict === 'inconclusive' ? ['the interval crosses the budget'] : []),
    change: Math.expm1(evidence.effect),
    interval: asInterval(evidence.interval(TAIL)),
    pValue: evidence.pValue,
    atMost: Math.expm1(worstPossible(gate, evidence)),
    smallestFound: Math.expm1(smallestFound(gate, evidence)),
    warnings: evidence.warnings,
  };
  const more = verdict === 'inconclusive' ? moreEvidence(gate, evidence) : undefined;
  return more === undefined ? result : { ...result, more };
}

/** Lets a difference up to the floor pass. */
function smallDifference({ gate, base, next, unit }: Shown): Said | undefined {
  const difference = Math.abs((next.value ?? 0) - (base.value ?? 0));
  if (gate.floor === undefined || difference > gate.floor) return undefined;
  const plain = (value: number): string => `${Number(value.toPrecision(3))}${unit === 'ms' ? ' ms' : ''}`;
  return {
    verdict: 'within budget',
    reasons: [`the difference of ${plain(difference)} is within the gate's floor of ${plain(gate.floor)}`],
  };
}

/**
 * Reasons why a gate cannot be judged by these figures. An absolute bound needs only the new side.
 */
function problemOf({ gate, unit, base, next }: GateFigures): Said | undefined {
  const judged = gate.limit === undefined ? [...base, ...next] : next;
  const problem =
    judged.find((figure) => figure.problem !== undefined)?.problem ??
    misfitOf(gate, unit) ??
    emptyOf(gate.limit === undefined ? base : [], next);
  if (problem !== undefined) return { verdict: 'unjudged', reasons: [problem] };
  const wanted = wantedSamples(gate);
  const fewest = Math.min(...judged.map(({ samples }) => samples));
  if (gate.aggregate.type !== 'quantile' || fewest >= wanted) return undefined;
  return { verdict: 'invalid', reasons: [`a run has ${fewest} samples; this percentile needs ${wanted}`] };
}

function emptyOf(base: readonly Figure[], next: readonly Figure[]): string | undefined {
  const isEmpty = (figures: readonly Figure[]): boolean => figures.some(({ value }) => value === null);
  const empty = [...(isEmpty(base) ? ['base'] : []), ...(isEmpty(next) ? ['new'] : [])];
  return empty.length === 0 ? undefined : `no samples on the ${empty.join(' and on the ')} side`;
}

/** Whether a value is on the good side of a bound. */
export function holdsLimit({ operator, value }: NonNullable<Gate['limit']>, is: number): boolean {
  return { '<': is < value, '<=': is <= value, '>': is > value, '>=': is >= value }[operator];
}

function judgeLimit({ unit, next }: Shown, limit: NonNullable<Gate['limit']>): Said {
  const isShare = unit === 'ratio';
  if (isShare && limit.value > 1)
    return {
      verdict: 'unjudged',
      reasons: [`a share is between 0 and 1, so the bound ${limit.value} has no effect: write ${limit.value}%`],
    };
  const holds = holdsLimit(limit, next.value ?? Number.NaN);
  return { verdict: holds ? 'within budget' : 'regression', reasons: holds ? [] : ['the bound is crossed'] };
}

function sideOf(gate: Gate, figures: readonly Figure[]): GateSide {
  return {
    value: gate.aggregate.type === 'max' ? largestOf(figures) : sideValue(figures),
    runs: figures.length,
    seconds: figures.reduce((sum, { seconds }) => sum + seconds, 0),
    samples: figures.reduce((sum, { samples }) => sum + samples, 0),
  };
}

function largestOf(figures: readonly Figure[]): number | null {
  const values = figures.flatMap(({ value }) => value ?? []);
  return values.length < figures.length || values.length === 0 ? null : largest(values);
}

/** The value of a side: the geometric mean of its runs, so that every run counts. */
export function sideValue(figures: readonly Figure[]): number | null {
  const values = figures.flatMap(({ value }) => value ?? []);
  if (values.length < figures.length || values.length === 0) return null;
  return values.some((value) => value <= 0) ? mean(values) : Math.exp(mean(values.map(Math.log)));
}

/** The relative change of new against base; null if it is undefined. */
export function changeOf(base: number | null, next: number | null): number | null {
  return base === null || next === null || base === 0 ? null : next / base - 1;
}
