import type { Comparison, GateResult, Verdict } from './comparison.js';

/** More failures forbid good words. */
export function forbidGood(result: GateResult, failures: readonly string[]): GateResult {
  if (failures.length === 0 || (result.verdict !== 'improvement' && result.verdict !== 'within budget')) return result;
  return { ...result, verdict: 'inconclusive', reasons: ['more fails than before'] };
}

const ORDER: readonly Verdict[] = ['regression', 'invalid', 'inconclusive', 'improvement', 'within budget'];

/** The word for the whole, and why. `blocking` is what makes everything invalid. */
export function overallVerdict(
  results: readonly GateResult[],
  failures: readonly string[],
  blocking: readonly string[],
): Pick<Comparison, 'verdict' | 'because'> {
  const [blocked] = blocking;
  if (blocked !== undefined)
    return { verdict: 'invalid', because: `the runs cannot be compared: ${blocking.join('; ')}` };
  const [failure] = failures;
  if (failure !== undefined)
    return { verdict: 'regression', because: `more fails than before: ${failures.join('; ')}` };
  const verdict = results.every((result) => result.verdict === 'invalid')
    ? 'invalid'
    : (ORDER.find((word) => word !== 'invalid' && results.some((result) => result.verdict === word)) ?? 'invalid');
  const named = results.filter((result) => result.verdict === verdict).map(({ gate }) => gate.text);
  if (results.length === 0)
    return { verdict: 'invalid', because: 'there is no gate that these runs could be judged by' };
  if (verdict === 'within budget')
    return { verdict, because: `all ${named.length} gates that can be judged are within their budgets` };
  return { verdict, because: `${named.length} of ${results.length} gates: ${named.join('; ')}` };
}
