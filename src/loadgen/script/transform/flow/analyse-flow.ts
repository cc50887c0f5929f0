import type { BundleSection } from '../bundle-sections.js';
import type { Syntax } from '../syntax.js';
import { Flow } from './flow.js';
import { isInLibrary, visitLibraryStatement } from './library.js';
import { addCallVisits } from './visit-calls.js';
import { addExpressionVisits } from './visit-expressions.js';
import { addFunctionVisits } from './visit-functions.js';
import { addStatementVisits } from './visit-statements.js';
import { Visitor, Visits } from './visitor.js';

/** About a second of work; a script and its helpers take a hundredth of it. */
const MOST_DELIVERIES = 1_500_000;

/**
 * Finds what each call of the program may call. Flow-insensitive and without contexts: what may be somewhere at any time may be there
 * always. Where libraries make that too much, they are taken as seen from outside.
 */
export function analyseFlow(syntax: Syntax, sections: readonly BundleSection[]): Flow {
  const whole = build(syntax, []);
  if (whole.deliveries.settle(MOST_DELIVERIES)) return whole;
  const own = build(syntax, sections);
  own.deliveries.settle(Infinity);
  return own;
}

function build(syntax: Syntax, sections: readonly BundleSection[]): Flow {
  const flow = new Flow(syntax);
  const visits = addStatementVisits(addCallVisits(addFunctionVisits(addExpressionVisits(new Visits()))));
  const visitor = new Visitor(flow, visits);
  for (const statement of syntax.program.body) {
    const isDeclaration = /^(Import|Export)/.test(statement.type);
    if (!isDeclaration && isInLibrary(sections, statement.start)) visitLibraryStatement(statement, visitor);
    else visitor.value(statement);
  }
  return flow;
}
