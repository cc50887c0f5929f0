import type { BundleSection } from '../bundle-sections.js';
import type { Syntax } from '../syntax.js';
import { colourFlow } from '../colour.js';
import { findRefusals } from '../refusals.js';
import { Flow } from './flow.js';
import { isInLibrary, visitLibraryStatement } from './library.js';
import { addCallVisits, addFunctionVisits } from './visit-functions.js';
import { addExpressionVisits, addStatementVisits } from './visit-expressions.js';
import { NATIVES } from './natives.js';
import { Visitor, Visits } from './visitor.js';

/** About a second of work; a script and its helpers take a hundredth of it. */
const MOST_DELIVERIES = 1_500_000;

/**
 * Finds what each call of the program may call. Flow-insensitive and without contexts: what may be
 * somewhere at any time may be there always. Where libraries make that too much, they are taken as
 * seen from outside; where it still is too much, objects are not told apart. What is left over
 * after that is let go: a call that blocks and was missed is an error when it is made. `note` is
 * told of each step.
 */
export async function analyseFlow(
  syntax: Syntax,
  sections: readonly BundleSection[],
  note: (sentence: string) => void,
): Promise<Flow> {
  const whole = build(new Flow(syntax, NATIVES), []);
  if (await whole.deliveries.settle(MOST_DELIVERIES)) return whole;
  note('the script is too large to be followed as a whole: libraries are taken as they are seen from outside');
  const own = build(new Flow(syntax, NATIVES), sections);
  if (await own.deliveries.settle(MOST_DELIVERIES)) return own;
  note('the script is too large even without its libraries: only files that import k6 are followed');
  const narrow = build(
    new Flow(syntax, NATIVES),
    sections.map((section) => ({ ...section, isLibrary: !section.reachesK6 })),
  );
  if ((await narrow.deliveries.settle(MOST_DELIVERIES)) && findRefusals(colourFlow(narrow)).length === 0) return narrow;
  note('not even the files that import k6 can be followed alone: properties are told apart by their names alone');
  const coarse = build(new Flow(syntax, NATIVES, true), sections);
  if (await coarse.deliveries.settle(MOST_DELIVERIES)) return coarse;
  note('the script is too large for that, too: what was found so far stands, and a call that was missed is an error');
  return coarse;
}

function build(flow: Flow, sections: readonly BundleSection[]): Flow {
  const visits = addStatementVisits(addCallVisits(addFunctionVisits(addExpressionVisits(new Visits()))));
  const visitor = new Visitor(flow, visits);
  for (const statement of flow.syntax.program.body) {
    const isDeclaration = /^(Import|Export)/.test(statement.type);
    if (!isDeclaration && isInLibrary(sections, statement.start)) visitLibraryStatement(statement, visitor);
    else visitor.value(statement);
  }
  return flow;
}
