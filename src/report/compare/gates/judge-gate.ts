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

/** A percentile wants so many samples above it. */
const WANTED_ABOVE = 10;

/** The number of samples that a gate's aggregate needs; 1 unless it is a quantile. */
export function wantedSamples({ aggregate }: Pick<Gate, 'aggregate'>): number {
  if (aggregate.type !== 'quantile') return 1;
  return Math.ceil(WANTED_ABOVE / (1 - aggregate.quantile) - 1e-6);
}

/** A gate and what it looks at on both sides. */
export interface GateFigures {
  readonly gate: Gate;
  readonly unit: GateResult['unit'];
  readonly base: readonly Figure[];
  readonly next: readonly Figure[];
}

type Shown = Omit<GateResult, 'verdict' | 'reasons'>;
type Said = Pick<GateResult, 'verdict' | 'reasons'>;

/**
 * Judges a gate by the response times, counts or shares of both sides. `blocking` is what makes
 * every gate invalid, in words.
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
    return { ...shown, verdict: 'unjudged', reasons: ['one run does not say how it varies, and a run has 0 of it'] };
  const drifts = [...driftsOf('base', base), ...driftsOf('new', next)];
  // A drift makes neighbouring seconds alike: that is then no second thing to say.
  return judgeEvidence(shown, { ...evidence, warnings: drifts.length > 0 ? drifts : evidence.warnings });
}

function judgeEvidence(shown: Shown, evidence: Evidence): GateResult {
  const { gate } = shown;
  const small = smallDifference(shown);
  const verdict = small?.verdict ?? verdictOf(gate, evidence);
  const result = {
    ...shown,
    verdict,
    reasons: small?.reasons ?? (verdict === 'inconclusive' ? ['the interval reaches across the budget'] : []),
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

/** What a floor lets pass, explained. */
function smallDifference({ gate, base, next, unit }: Shown): Said | undefined {
  const difference = Math.abs((next.value ?? 0) - (base.value ?? 0));
  if (gate.floor === undefined || difference > gate.floor) return undefined;
  const plain = (value: number): string => `${Number(value.toPrecision(3))}${unit === 'ms' ? ' ms' : ''}`;
  return {
    verdict: 'within budget',
    reasons: [`it differs by ${plain(difference)}, and the floor of the gate lets ${plain(gate.floor)} pass`],
  };
}

/** Why a gate cannot be judged by these figures. A bound on a value needs the new side alone. */
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
  return { verdict: 'invalid', reasons: [`a run has ${fewest} samples of it, and this percentile wants ${wanted}`] };
}

function emptyOf(base: readonly Figure[], next: readonly Figure[]): string | undefined {
  const isEmpty = (figures: readonly Figure[]): boolean => figures.some(({ value }) => value === null);
  const empty = [...(isEmpty(base) ? ['base'] : []), ...(isEmpty(next) ? ['new'] : [])];
  return empty.length === 0 ? undefined : `no sample of it on the ${empty.join(' and on the ')} side`;
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
      reasons: [`a share is from 0 to 1, so ${limit.value} bounds nothing: write ${limit.value}%`],
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

/**
 * The value of a side: of several runs the mean of the logarithms, so that none of them is chosen.
 */
export function sideValue(figures: readonly Figure[]): number | null {
  const values = figures.flatMap(({ value }) => value ?? []);
  if (values.length < figures.length || values.length === 0) return null;
  return values.some((value) => value <= 0) ? mean(values) : Math.exp(mean(values.map(Math.log)));
}

/** Relative, new against base; null when there is none. */
export function changeOf(base: number | null, next: number | null): number | null {
  return base === null || next === null || base === 0 ? null : next / base - 1;
}
