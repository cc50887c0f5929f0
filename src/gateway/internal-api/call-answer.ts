import type { CallOutcome, NodeCounts } from '../bus/bus.js';
import type { HttpAnswer } from '../transport/http/http-exchange.js';
import { JSON_TYPE, textAnswer } from './answers.js';
import type { CallManner } from './call-query.js';

/** Names the nodes whose part is missing in an answer; `*` for all other nodes. */
export const INCOMPLETE_HEADER = 'Wsg-Incomplete';

/** Creates the answer to `/send`, `/settags` and `/close`. */
export function callAnswer(outcome: CallOutcome, manner: CallManner): HttpAnswer {
  const { counts, silent, refused } = outcome;
  const total = totalOf(counts);
  // Hot path: no object besides the answer. Measured by bench/fan-out.
  const isComplete = silent.length === 0 && refused.size === 0;
  return isComplete && !manner.report && manner.options.wait !== false
    ? textAnswer(200, String(total))
    : detailedAnswer(outcome, total, manner);
}

/** The headers that tell of nodes whose part is missing; empty when there are none. */
export function incompleteHeaders(silent: readonly string[]): Readonly<Record<string, string>> {
  return silent.length === 0 ? {} : { [INCOMPLETE_HEADER]: silent.join(',') };
}

/**
 * The status of an answer without the part of `silent` nodes: an error if the caller wants all or
 * nothing.
 */
export function statusWithout(silent: readonly string[], { strict, options }: CallManner): number {
  if (silent.length > 0 && strict) return silent.includes('*') ? 503 : 504;
  return options.wait === false ? 202 : 200;
}

function detailedAnswer(outcome: CallOutcome, total: number, manner: CallManner): HttpAnswer {
  const { counts, silent, refused } = outcome;
  const status = refused.size > 0 ? refusalStatus(total, silent) : statusWithout(silent, manner);
  const headers = incompleteHeaders(silent);
  if (manner.report) {
    const nodes = Object.fromEntries(counts);
    const report = { count: total, nodes, silent, refused: Object.fromEntries(refused) };
    return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: `${JSON.stringify(report)}\n` };
  }
  if (refused.size === 0) return textAnswer(status, String(total), headers);
  return textAnswer(status, status === 400 ? firstReason(refused) : partialRefusal(total, refused), headers);
}

/** 400: nothing has changed. 409: some nodes applied the call, or may have. */
function refusalStatus(total: number, silent: readonly string[]): 400 | 409 {
  return total === 0 && silent.length === 0 ? 400 : 409;
}

function firstReason(refused: CallOutcome['refused']): string {
  const [reason = ''] = refused.values();
  return `${reason}\n`;
}

function partialRefusal(total: number, refused: CallOutcome['refused']): string {
  const lines = [...refused].map(([node, reason]) => `${node}: ${reason}\n`);
  return `applied to ${total} connections, but refused by ${refused.size} of the nodes:\n${lines.join('')}`;
}

function totalOf(counts: NodeCounts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
