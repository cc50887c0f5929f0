import type { Verdict } from './comparison.js';

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
