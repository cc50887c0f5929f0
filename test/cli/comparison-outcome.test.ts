import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/report/compare-session.js';
import { annotations } from '../../src/cli/report/github-actions.js';
import type { Comparison, GateResult, Verdict } from '../../src/report/compare/comparison.js';
import { overallVerdict } from '../../src/report/compare/verdict.js';
import { readGates } from '../../src/report/compare/gates/read-gates.js';
import { renderComparison } from '../../src/report/render/render-comparison.js';

const WORDS: readonly Verdict[] = ['regression', 'improvement', 'within budget', 'inconclusive', 'unjudged', 'invalid'];
const [GATE] = readGates(['ws_rtt p(99) < +10%'], 'flag');

function gate(verdict: Verdict): GateResult {
  if (GATE === undefined) throw new Error('no gate');
  const side = { value: 10, runs: 1, seconds: 60, samples: 6000 };
  const shown = { gate: GATE, unit: 'ms', base: side, next: side, change: 0, interval: null, warnings: [] } as const;
  return { ...shown, verdict, reasons: ['a reason'] };
}

function comparison(verdicts: readonly Verdict[], failures: readonly string[], empty: readonly string[]): Comparison {
  const gates = verdicts.map(gate);
  const settings = {
    method: 'one-against-one',
    noise: 0,
    defaultBudget: 0.1,
    confidence: 0.9,
    warmupMs: 0,
    seed: 1,
  } as const;
  const rest = { base: [], next: [], differences: [], leftOut: [], shown: [], stalls: [], warnings: [] };
  return { ...overallVerdict(gates, { blocking: [], failures, empty }), settings, gates, ...rest };
}

/**
 * All that can be said of no, one, two or three gates, alone, with more failures than before, and
 * of loads without a message.
 */
const CASES = [
  [],
  ...WORDS.map((one) => [one]),
  ...pairs(WORDS),
  ...pairs(WORDS).flatMap((two) => WORDS.map((one) => [...two, one])),
];

function pairs(words: readonly Verdict[]): Verdict[][] {
  return words.flatMap((one) => words.map((other) => [one, other]));
}

describe('exit code, annotations, JUnit and code quality', () => {
  it.each([
    ['alone', [], []],
    ['with more failures than before', ['lost messages: 10% instead of 0%'], []],
    ['of loads without a message', [], ['nothing was received']],
  ])('agree on what stops a pipeline, whatever the gates say: %s', (_, failures, empty) => {
    for (const verdicts of CASES) {
      for (const isStrict of [false, true]) {
        const compared = comparison(verdicts, failures, empty);
        const options = { colour: false, columns: 120, isStrict };
        const stops = exitCodeOf(compared, isStrict) !== 0;
        const xml = renderComparison(compared, 'junit', options);
        const quality = renderComparison(compared, 'code-quality', options);
        const said = {
          annotations: annotations(compared, isStrict).some((line) => line.startsWith('::error ')),
          junit: /<(failure|error) /.test(xml),
          quality: /"severity": "(critical|major)"/.test(quality),
        };
        const at = `${verdicts.join(', ')}${isStrict ? ' (strict)' : ''}: ${compared.verdict}`;
        expect(said, at).toEqual({ annotations: stops, junit: stops, quality: stops });
      }
    }
  });

  it('pass nothing that has a gate that could not be judged', () => {
    for (const verdicts of CASES) {
      const hasUnjudged = verdicts.some((verdict) => verdict === 'unjudged' || verdict === 'invalid');
      const wanted = verdicts.includes('regression') ? 10 : hasUnjudged || verdicts.length === 0 ? 13 : 0;
      expect(exitCodeOf(comparison(verdicts, [], []), false), verdicts.join(', ')).toBe(wanted);
    }
  });
});
