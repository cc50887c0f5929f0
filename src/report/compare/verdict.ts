import type { Comparison, GateResult, Verdict } from './comparison.js';

/** More failures forbid good words. */
export function forbidGood(result: GateResult, failures: readonly string[]): GateResult {
  if (failures.length === 0 || (result.verdict !== 'improvement' && result.verdict !== 'within budget')) return result;
  return { ...result, verdict: 'inconclusive', reasons: ['more fails than before'] };
}

/**
 * The worst first: what any gate says of these, the whole says. Nothing that could not be judged
 * hides behind gates that pass.
 */
const ORDER: readonly Verdict[] = ['regression', 'invalid', 'unjudged', 'inconclusive', 'improvement', 'within budget'];
/** A first line names so many gates. */
const MOST_NAMED = 5;

/** What is known of a comparison beside its gates, in words. */
export interface Whole {
  /** What makes everything invalid. */
  readonly blocking: readonly string[];
  /** What fails more often than before. */
  readonly failures: readonly string[];
  /** Why nothing could be judged at all. */
  readonly empty: readonly string[];
}

/** The word for the whole, and why. */
export function overallVerdict(
  results: readonly GateResult[],
  { blocking, failures, empty }: Whole,
): Pick<Comparison, 'verdict' | 'because'> {
  if (blocking.length > 0)
    return { verdict: 'invalid', because: `the runs cannot be compared: ${blocking.join('; ')}` };
  if (failures.length > 0) return { verdict: 'regression', because: `more fails than before: ${failures.join('; ')}` };
  if (results.length === 0)
    return { verdict: 'invalid', because: 'there is no gate that these runs could be judged by' };
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

/** Instead of a shrug: what is known of the first one. */
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
 * What a verdict does to a pipeline: nothing, a warning, a failed check, or a check that could not
 * be made. The last two stop it.
 */
export type Outcome = 'passes' | 'warns' | 'fails' | 'errs';

/**
 * The one place that decides what stops: exit codes, annotations, JUnit and code quality all ask
 * here. `isStrict` makes what is inconclusive stop as well.
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
 * What one comparison can say of a gate that it cannot decide: "at most 12% slower (90%); a
 * slowdown of 18% would have been found". '' where nothing is known.
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
  const found = isTime ? 'a slowdown' : `a change to ${worse}`;
  return `${bound} (90%); ${found} of ${percentOf(gate.worse, smallestFound)} would have been found`;
}

/**
 * Changes for the worse are logarithms turned into ratios that are positive for the worse: of what
 * has to be high, 1/1.25 is 20 % less.
 */
function percentOf(worse: GateResult['gate']['worse'], ratio: number): string {
  const change = worse === 'up' ? ratio : 1 - 1 / (1 + ratio);
  const percent = Math.abs(change) * 100;
  return percent >= 1000 ? 'more than 1000%' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}
