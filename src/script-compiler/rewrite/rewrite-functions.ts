import type { AnyNode } from 'acorn';
import { type FunctionNode, isFunctionNode, isType, type NodeOf, ownerOf, type Syntax } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';

/** Makes every blocking function async, in the form that its kind requires. */
export function rewriteFunctions(rewriting: Rewriting): void {
  for (const node of rewriting.blocking.analysis.syntax.nodes) rewriteLeaving(node, rewriting);
  for (const owner of rewriting.blocking.functions) {
    if (!isFunctionNode(owner)) continue;
    if (owner.async) detach(owner, rewriting);
    else if (isConstructor(owner, rewriting)) construct(owner, rewriting);
    else makeAsync(owner, rewriting);
  }
}

/** Rewrites the places where a function returns, or suspends and resumes at an `await`. */
function rewriteLeaving(node: AnyNode, rewriting: Rewriting): void {
  if (isType(node, 'ReturnStatement')) boxReturn(node, rewriting);
  else if (isType(node, 'AwaitExpression')) markAwait(node, rewriting);
  else if (isType(node, 'ForOfStatement') && node.await) markForAwait(node, rewriting);
  else if (isType(node, 'TryStatement')) markHandlers(node, rewriting);
}

/** Adds `async`, a mark on entry, and boxes around returned promises (`boxReturn`). */
function makeAsync(fn: FunctionNode, { code, edits, names, blocking }: Rewriting): void {
  const { body } = fn;
  const at = methodKeyStart(fn, blocking.analysis.syntax, code);
  if (at === undefined) edits.prefix(fn, 'async ');
  else edits.insert(at, 'async ');
  if (isType(body, 'BlockStatement')) edits.insert(body.start + 1, ` ${names.guard}.waits = true;`);
  else edits.wrap(body, `(${names.guard}.waits = true, ${names.guard}.box(`, '))');
}

/**
 * An async function of the script may block before its own first `await`. The caller waits until
 * that point, then receives the promise.
 */
function detach(fn: FunctionNode, { edits, names }: Rewriting): void {
  const head = `${names.waiting}.detach(async (${names.fiber}) => `;
  const { body } = fn;
  if (isType(body, 'BlockStatement')) {
    edits.insert(body.start + 1, ` ${names.guard}.waits = true; return ${head}{`);
    edits.insert(body.end - 1, '}); ');
  } else edits.wrap(body, `(${names.guard}.waits = true, ${head}${names.fiber}.leave(`, ')))');
}

/** A blocking constructor returns a promise of the object, which the caller of `new` awaits. */
function construct(fn: FunctionNode, { edits, names, blocking }: Rewriting): void {
  const isOfClass = blocking.analysis.functions.get(fn)?.isClass === true;
  const self = isOfClass ? 'this' : 'new.target ? this : undefined';
  edits.insert(fn.body.start + 1, ` return ${names.waiting}.construct(${self}, async () => {`);
  edits.insert(fn.body.end - 1, '}); ');
}

function isConstructor(fn: FunctionNode, { blocking }: Rewriting): boolean {
  const object = blocking.analysis.functions.get(fn);
  if (object === undefined || isType(fn, 'ArrowFunctionExpression')) return false;
  return object.isClass || (object.isConstructed && methodOf(fn, blocking.analysis.syntax) === undefined);
}

function methodOf(fn: FunctionNode, syntax: Syntax): NodeOf<'MethodDefinition'> | NodeOf<'Property'> | undefined {
  const parent = syntax.parents.get(fn);
  if (parent === undefined) return undefined;
  if (isType(parent, 'MethodDefinition')) return parent;
  return isType(parent, 'Property') && parent.method && parent.value === fn ? parent : undefined;
}

/** Returns the position of `async` before a method's name; undefined for other functions. */
function methodKeyStart(fn: FunctionNode, syntax: Syntax, code: string): number | undefined {
  const method = methodOf(fn, syntax);
  if (method === undefined) return undefined;
  return method.computed ? code.lastIndexOf('[', method.key.start) : method.key.start;
}

function boxReturn(node: NodeOf<'ReturnStatement'>, { edits, names, blocking }: Rewriting): void {
  const owner = ownerOf(blocking.analysis.syntax, node);
  if (node.argument === null || node.argument === undefined) return;
  if (!isFunctionNode(owner) || !blocking.functions.has(owner)) return;
  edits.wrap(node.argument, owner.async ? `${names.fiber}.leave(` : `${names.guard}.box(`, ')');
}

/**
 * Yields to the event loop between awaits that complete at once. Also marks that a detached body
 * has reached an `await` of its own; the mark takes effect once the awaited value is known.
 */
function markAwait(node: NodeOf<'AwaitExpression'>, rewriting: Rewriting): void {
  const { edits, names, blocking } = rewriting;
  edits.wrap(node.argument, `${names.guard}.lap(`, ')');
  if (!isDetached(node, rewriting)) {
    // In a function that does not block, the await only gives way to code that is blocked at that
    // moment.
    if (blocking.functions.size === 0 || !isFunctionNode(ownerOf(blocking.analysis.syntax, node))) return;
    edits.wrap(node, `${names.waiting}.after(`, `, ${names.guard}.turns.isHeld && await ${names.waiting}.ready())`);
    return;
  }
  edits.wrap(node.argument, `${names.fiber}.leave(`, ')');
  edits.wrap(node, `${names.fiber}.back(`, `, ${waitForTurn(rewriting)})`);
}

function markForAwait(node: NodeOf<'ForOfStatement'>, rewriting: Rewriting): void {
  if (isDetached(node, rewriting)) rewriting.edits.wrap(node.right, `${rewriting.names.fiber}.steps(`, ')');
}

/** A rejected `await` continues in a `catch` or `finally`, or leaves the function. */
function markHandlers(node: NodeOf<'TryStatement'>, rewriting: Rewriting): void {
  if (!isDetached(node, rewriting)) return;
  for (const block of [node.handler?.body, node.finalizer]) {
    if (block === null || block === undefined) continue;
    rewriting.edits.insert(block.start + 1, ` ${rewriting.names.fiber}.back(undefined, ${waitForTurn(rewriting)});`);
  }
}

function waitForTurn({ names }: Rewriting): string {
  return `${names.fiber}.mustWait && await ${names.fiber}.turn()`;
}

function isDetached(node: AnyNode, { blocking }: Rewriting): boolean {
  const owner = ownerOf(blocking.analysis.syntax, node);
  return isFunctionNode(owner) && owner.async && blocking.functions.has(owner);
}
