import type { Syntax } from '../syntax.js';
import { Flow } from './flow.js';
import { addCallVisits } from './visit-calls.js';
import { addExpressionVisits } from './visit-expressions.js';
import { addFunctionVisits } from './visit-functions.js';
import { addStatementVisits } from './visit-statements.js';
import { Visitor, Visits } from './visitor.js';

/** Finds what each call of the program may call. Flow-insensitive and without contexts: what may be somewhere at any time may be there always. */
export function analyseFlow(syntax: Syntax): Flow {
  const flow = new Flow(syntax);
  const visits = addStatementVisits(addCallVisits(addFunctionVisits(addExpressionVisits(new Visits()))));
  new Visitor(flow, visits).value(syntax.program);
  flow.deliveries.settle();
  return flow;
}
