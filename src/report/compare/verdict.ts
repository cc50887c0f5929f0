import type { Comparison, GateResult, Verdict } from './comparison.js';

/** With more failures than before, no gate is reported as good. */
export function forbidGood(result: GateResult, failures: readonly string[]): GateResult {
  if (failures.length === 0 || (result.verdict !== 'improvement' && result.verdict !== 'within budget')) return result;
  return { ...result, verdict: 'inconclusive', reasons: ['more failures than before'] };
}

/**
 * Verdicts from the worst to the best; the worst one of the gates is that of the whole comparison.
 * A gate that could not be judged is therefore never hidden by gates that pass.
 */
const ORDER: readonly Verdict[] = ['regression', 'invalid', 'unjudged', 'inconclusive', 'improvement', 'within budget'];
/** Number of gates that the first line names. */
const MOST_NAMED = 5;

/** Findings of a comparison besides its gates, as sentences. */
export interface Whole {
  /** Reasons why all gates are invalid. */
  readonly blocking: readonly string[];
  /** Failures that are more frequent than before. */
  readonly failures: readonly string[];
  /** Reasons why nothing could be judged. */
  readonly empty: readonly string[];
}

/** The verdict on the whole comparison, and the reason for it. */
export function overallVerdict(
  results: readonly GateResult[],
  { blocking, failures, empty }: Whole,
): Pick<Comparison, 'verdict' | 'because'> {
  if (blocking.length > 0)
    return { verdict: 'invalid', because: `the runs cannot be compared: ${blocking.join('; ')}` };
  if (failures.length > 0)
    return { verdict: 'regression', because: `more failures than before: ${failures.join('; ')}` };
  if (results.length === 0) return { verdict: 'invalid', because: 'no gate applies to these runs' };
  const verdict = ORDER.find((word) => results.some((result) => result.verdict === word)) ?? 'invalid';
  if (empty.length > 0 && verdict !== 'regression' && verdict !== 'invalid')
    return { verdict: 'unjudged', because: empty.join('; ') };
  const named = results.filter((result) => result.verdict === verdict);
  if (verdict === 'within budget')
    return {
      verdict,
      because:
        results.length === 1 ? 'the gate is within its budget' : `all ${named.length} gates are within their budgets`,
    };
  return { verdict, because: becauseOf(named, results.length) };
}

/** Adds the one-sided bound of the first inconclusive gate. */
function withBound(gates: string, result: GateResult): string {
  const bound = oneSided(result);
  return bound === '' ? gates : `${gates}: ${bound}`;
}

function becauseOf(named: readonly GateResult[], of: number): string {
  const texts = named.slice(0, MOST_NAMED).map(({ gate }) => gate.text);
  const rest = named.length > MOST_NAMED ? `; and ${named.length - MOST_NAMED} more` : '';
  const gates = `${named.length} of ${of} gates: ${texts.join('; ')}${rest}`;
  const [first] = named;
  if (first === undefined) return gates;
  const isJudged = first.verdict !== 'invalid' && first.verdict !== 'unjudged';
  if (isJudged) return first.verdict === 'inconclusive' ? withBound(gates, first) : gates;
  return `${first.reasons[0] ?? 'it could not be judged'} (${gates})`;
}

/**
 * Effect of a verdict on a pipeline: none, a warning, a failed check, or a check that could not be
 * made. The last two stop it.
 */
export type Outcome = 'passes' | 'warns' | 'fails' | 'errs';

/**
 * Maps a verdict to its effect on a pipeline, for exit codes, annotations, JUnit and code quality.
 * With `isStrict`, an inconclusive verdict stops the pipeline as well.
 */
export function outcomeOf(verdict: Verdict, isStrict: boolean): Outcome {
  switch (verdict) {
    case 'regression':
      return 'fails';
    case 'unjudged':
    case 'invalid':
      return 'errs';
    case 'inconclusive':
      return isStrict ? 'fails' : 'warns';
    case 'improvement':
    case 'within budget':
      return 'passes';
  }
}

/**
 * The bounds that an inconclusive gate still gives: "at most 12% slower (90%); a slowdown of 18%
 * would have been found". '' if there are none.
 */
export function oneSided({ gate, unit, atMost, smallestFound }: GateResult): string {
  if (atMost === undefined || smallestFound === undefined) return '';
  const isTime = unit === 'ms';
  const worse = isTime ? 'slower' : gate.worse === 'up' ? 'more' : 'less';
  const better = isTime ? 'faster' : gate.worse === 'up' ? 'less' : 'more';
  const bound =
    atMost >= 0
      ? `at most ${percentOf(gate.worse, atMost)} ${worse}`
      : `at least ${percentOf(gate.worse, atMost)} ${better}`;
  const found = isTime ? 'a slowdown' : gate.worse === 'up' ? 'an increase' : 'a decrease';
  return `${bound} (90%); ${found} of ${percentOf(gate.worse, smallestFound)} would have been found`;
}

/**
 * Formats a change for the worse, which is a ratio that is positive for the worse. For figures that
 * should be high, 1/1.25 is 20 % less.
 */
function percentOf(worse: GateResult['gate']['worse'], ratio: number): string {
  const change = worse === 'up' ? ratio : 1 - 1 / (1 + ratio);
  const percent = Math.abs(change) * 100;
  return percent >= 1000 ? 'more than 1000%' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}
