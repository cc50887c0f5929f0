import type { Comparison, GateResult, Verdict } from './comparison.js';
import { oneSided } from './sentences.js';

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
