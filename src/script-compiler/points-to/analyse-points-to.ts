import type { BundleSection } from '../bundle-sections.js';
import type { Syntax } from '../syntax.js';
import { analyseEffects } from '../effect-analysis.js';
import { findUnsupportedCalls } from '../unsupported-calls.js';
import { PointsToAnalysis } from './points-to-analysis.js';
import { isInLibrary, visitLibraryStatement } from './library.js';
import { addCallConstraints, addFunctionConstraints } from './function-constraints.js';
import { addExpressionConstraints, addStatementConstraints } from './expression-constraints.js';
import { NATIVE_MODELS } from './native-models.js';
import { Visitor, Visits } from './visitor.js';

/** About one second of work. A script and its helpers need about 1 % of it. */
const MAX_STEPS = 1_500_000;

/**
 * Computes the points-to sets of a program, and with them its call graph.
 *
 * This is Andersen's inclusion-based analysis: flow-insensitive (the order of statements is
 * ignored) and context-insensitive (a function is analysed once for all its callers). It
 * overestimates, and never misses a call that it can see. Large bundles exceed the budget, so up to
 * four attempts follow each other, each with a coarser abstraction:
 *
 * 1. the whole program;
 * 2. libraries as a single unknown object;
 * 3. only the files that import k6;
 * 4. field-based: properties are distinguished by name only, not by object.
 *
 * If the last attempt exceeds the budget too, its partial result is used: a blocking call that it
 * missed is reported as an error when it runs. `note` receives a sentence for each further attempt.
 */
export async function analysePointsTo(
  syntax: Syntax,
  sections: readonly BundleSection[],
  note: (sentence: string) => void,
): Promise<PointsToAnalysis> {
  const whole = build(new PointsToAnalysis(syntax, NATIVE_MODELS), []);
  if (await whole.worklist.solve(MAX_STEPS)) return whole;
  note('the script is too large to be analysed as a whole: libraries are not analysed');
  const own = build(new PointsToAnalysis(syntax, NATIVE_MODELS), sections);
  if (await own.worklist.solve(MAX_STEPS)) return own;
  note('the script is too large even without its libraries: only files that import k6 are analysed');
  const narrow = build(
    new PointsToAnalysis(syntax, NATIVE_MODELS),
    sections.map((section) => ({ ...section, isLibrary: !section.reachesK6 })),
  );
  if ((await narrow.worklist.solve(MAX_STEPS)) && findUnsupportedCalls(analyseEffects(narrow)).length === 0)
    return narrow;
  note('the files that import k6 cannot be analysed alone: properties are distinguished by name only');
  const fieldBased = build(new PointsToAnalysis(syntax, NATIVE_MODELS, true), sections);
  if (await fieldBased.worklist.solve(MAX_STEPS)) return fieldBased;
  note(
    'the script is too large even for that: the analysis is incomplete, and a blocking call that it missed will fail',
  );
  return fieldBased;
}

function build(analysis: PointsToAnalysis, sections: readonly BundleSection[]): PointsToAnalysis {
  const visits = addStatementConstraints(
    addCallConstraints(addFunctionConstraints(addExpressionConstraints(new Visits()))),
  );
  const visitor = new Visitor(analysis, visits);
  for (const statement of analysis.syntax.program.body) {
    const isDeclaration = /^(Import|Export)/.test(statement.type);
    if (!isDeclaration && isInLibrary(sections, statement.start)) visitLibraryStatement(statement, visitor);
    else visitor.value(statement);
  }
  return analysis;
}
