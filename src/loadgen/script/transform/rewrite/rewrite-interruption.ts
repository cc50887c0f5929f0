import type { AnyNode } from 'acorn';
import { isLoopNode, isType } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';

/** Lets an interruption into every loop, and through every `catch` and `finally`. */
export function rewriteInterruption({ colours, edits, names }: Rewriting): void {
  const check = `if (--${names.guard}.fuel < 0) ${names.guard}.refuel();`;
  const pass = ` ${names.guard}.pass();`;
  for (const node of colours.flow.syntax.nodes) {
    if (isLoopNode(node)) checkLoop(node.body, check, edits);
    else if (isType(node, 'CatchClause')) edits.insert(node.body.start + 1, pass);
    else if (isType(node, 'TryStatement') && node.finalizer !== null && node.finalizer !== undefined) {
      edits.insert(node.finalizer.start + 1, pass);
    }
  }
}

function checkLoop(body: AnyNode, check: string, edits: Rewriting['edits']): void {
  if (isType(body, 'BlockStatement')) edits.insert(body.start + 1, ` ${check}`);
  else edits.wrap(body, `{ ${check} `, ' }');
}
