import { evidenceOf } from '../evidence/evidence-of.js';
import { asInterval, asWorse, verdictOf, TAIL, type Evidence, type EvidenceOptions } from '../evidence/evidence.js';
import { mean } from '../evidence/statistics.js';
import type { Gate, GateResult, ServiceFigures, Verdict } from '../comparison.js';
import { serviceOf, type Figure } from '../seconds/figure.js';
import { holdsLimit, sideValue } from './judge-gate.js';
import type { LoadedRun } from '../seconds/loaded-run.js';

/** A change of the lag counts from this share of the change of the response time. */
const LEAST_SHARE_OF_LAG = 0.2;

/** Whether the generators of a side were strained, which inflates all that they measure. */
export interface Strain {
  readonly base: boolean;
  readonly next: boolean;
}

/** The result of judging the service times alone. */
export interface JudgedService {
  readonly figures: ServiceFigures;
  readonly verdict: Verdict;
  readonly pValue: number;
}

/**
 * Judges the service time of a gate on a quantile by the gate's own budget. Undefined if a run has
 * no service times.
 */
export function judgeService(
  gate: Gate,
  sides: { readonly base: readonly LoadedRun[]; readonly next: readonly LoadedRun[] },
  options: EvidenceOptions,
): JudgedService | undefined {
  const figuresOf = (runs: readonly LoadedRun[]): Figure[] => runs.flatMap((run) => serviceOf(gate, run) ?? []);
  const [base, next] = [figuresOf(sides.base), figuresOf(sides.next)];
  if (base.length < sides.base.length || next.length < sides.next.length) return undefined;
  const evidence = evidenceOf(gate, base, next, options);
  const [before, after] = [sideValue(base), sideValue(next)];
  if (evidence === undefined || before === null || after === null) return undefined;
  const lag = { base: lagOf(gate, sides.base), next: lagOf(gate, sides.next) };
  const interval = asInterval(evidence.interval(TAIL));
  return {
    figures: { base: before, next: after, change: Math.expm1(evidence.effect), interval, lag },
    verdict: serviceVerdict(gate, evidence, before, after),
    pValue: evidence.pValue,
  };
}

function serviceVerdict(gate: Gate, evidence: Evidence, before: number, after: number): Verdict {
  if (gate.limit !== undefined) return holdsLimit(gate.limit, after) ? 'within budget' : 'regression';
  return Math.abs(after - before) <= (gate.floor ?? -1) ? 'within budget' : verdictOf(gate, evidence);
}

/** The lag of a side's runs at the gate's quantile, over their whole length. */
function lagOf({ series, aggregate }: Gate, runs: readonly LoadedRun[]): number {
  if (aggregate.type !== 'quantile') return 0;
  const percentile = aggregate.quantile * 100;
  return mean(runs.map(({ run }) => run.end.totals.trends[series]?.histograms.lag?.valueAtPercentile(percentile) ?? 0));
}

/**
 * Corrects the verdict on the response times by the service times. A slowdown of the response times
 * alone, with more lag, is the generator's. A slowdown of the service times is the server's, even
 * if the response times do not show it. An improvement that comes from less lag does not count.
 */
export function withService(result: GateResult, service: JudgedService | undefined): GateResult {
  if (service === undefined) return result;
  const shown = { ...result, service: service.figures };
  switch (result.verdict) {
    case 'invalid':
    case 'unjudged':
      return shown;
    case 'regression':
      if (service.verdict === 'regression' || lagOfChange(result, service) !== 'grew') return shown;
      return { ...shown, verdict: 'invalid', reasons: [`the generator was slower: ${inWords(service)}`] };
    case 'improvement':
    case 'within budget':
    case 'inconclusive':
      return withServiceOfGood(shown, service);
  }
}

function withServiceOfGood(shown: GateResult, service: JudgedService): GateResult {
  if (service.verdict === 'regression') {
    const reasons = [`the service time is slower than the budget allows: ${inWords(service)}`];
    return { ...shown, verdict: 'regression', reasons, pValue: service.pValue };
  }
  const isOfLag = shown.verdict === 'improvement' && service.verdict !== 'improvement';
  if (!isOfLag || lagOfChange(shown, service) !== 'fell') return shown;
  return { ...shown, verdict: service.verdict, reasons: [`the generator was faster: ${inWords(service)}`] };
}

/** Whether the lag makes up a noticeable part of a change. */
function lagOfChange(
  { gate, base, next }: GateResult,
  { figures: { lag } }: JudgedService,
): 'grew' | 'fell' | 'neither' {
  const moved = asWorse(gate, (next.value ?? 0) - (base.value ?? 0));
  const lagMoved = asWorse(gate, lag.next - lag.base);
  if (Math.abs(lagMoved) < LEAST_SHARE_OF_LAG * Math.abs(moved)) return 'neither';
  return lagMoved > 0 ? 'grew' : 'fell';
}

function inWords({ figures: { base, next, lag } }: JudgedService): string {
  const ms = (value: number): string => `${Number(value.toPrecision(3))} ms`;
  return `service time ${ms(base)} -> ${ms(next)}, generator lag ${ms(lag.base)} -> ${ms(lag.next)}`;
}

/**
 * A strained generator also measures itself: a slowdown on that side may not be the server's, and
 * against a strained base nothing looks slow.
 */
export function withStrain(result: GateResult, strain: Strain): GateResult {
  const { verdict } = result;
  if (verdict === 'regression' && strain.next && !strain.base)
    return {
      ...result,
      verdict: 'invalid',
      reasons: ['the generator was slower: it was strained only in the new runs', ...result.reasons],
    };
  const isGood = verdict === 'within budget' || verdict === 'improvement';
  if (isGood && strain.base && !strain.next)
    return {
      ...result,
      verdict: 'inconclusive',
      reasons: ['the generator was strained only in the base, which makes the base look slower'],
    };
  return result;
}
