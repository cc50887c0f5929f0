import type { AnyNode } from 'acorn';
import { type FunctionNode, isFunctionNode, isType, type NodeOf, ownerOf, type Syntax } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';

/** Makes every coloured function one that can wait, each in the form that its kind needs. */
export function rewriteFunctions(rewriting: Rewriting): void {
  for (const node of rewriting.colours.flow.syntax.nodes) rewriteLeaving(node, rewriting);
  for (const owner of rewriting.colours.owners) {
    if (!isFunctionNode(owner)) continue;
    if (owner.async) detach(owner, rewriting);
    else if (isConstructor(owner, rewriting)) construct(owner, rewriting);
    else makeAsync(owner, rewriting);
  }
}

/** Rewrites where a function returns, or goes back to the event loop and comes from it. */
function rewriteLeaving(node: AnyNode, rewriting: Rewriting): void {
  if (isType(node, 'ReturnStatement')) boxReturn(node, rewriting);
  else if (isType(node, 'AwaitExpression')) markAwait(node, rewriting);
  else if (isType(node, 'ForOfStatement') && node.await) markForAwait(node, rewriting);
  else if (isType(node, 'TryStatement')) markHandlers(node, rewriting);
}

/** `async`, a mark on entry, and promises that it returns in boxes (`boxReturn`). */
function makeAsync(fn: FunctionNode, { code, edits, names, colours }: Rewriting): void {
  const { body } = fn;
  const at = methodKeyStart(fn, colours.flow.syntax, code);
  if (at === undefined) edits.prefix(fn, 'async ');
  else edits.insert(at, 'async ');
  if (isType(body, 'BlockStatement')) edits.insert(body.start + 1, ` ${names.guard}.waits = true;`);
  else edits.wrap(body, `(${names.guard}.waits = true, ${names.guard}.box(`, '))');
}

/**
 * An async function of the script may block before its first own `await`: the caller waits that
 * long, then gets the promise.
 */
function detach(fn: FunctionNode, { edits, names }: Rewriting): void {
  const head = `${names.waiting}.detach(async (${names.fiber}) => `;
  const { body } = fn;
  if (isType(body, 'BlockStatement')) {
    edits.insert(body.start + 1, ` ${names.guard}.waits = true; return ${head}{`);
    edits.insert(body.end - 1, '}); ');
  } else edits.wrap(body, `(${names.guard}.waits = true, ${head}${names.fiber}.leave(`, ')))');
}

/** A constructor returns a promise of the object; whoever calls `new` waits for it. */
function construct(fn: FunctionNode, { edits, names, colours }: Rewriting): void {
  const isOfClass = colours.flow.functions.get(fn)?.isClass === true;
  const self = isOfClass ? 'this' : 'new.target ? this : undefined';
  edits.insert(fn.body.start + 1, ` return ${names.waiting}.construct(${self}, async () => {`);
  edits.insert(fn.body.end - 1, '}); ');
}

function isConstructor(fn: FunctionNode, { colours }: Rewriting): boolean {
  const thing = colours.flow.functions.get(fn);
  if (thing === undefined || isType(fn, 'ArrowFunctionExpression')) return false;
  return thing.isClass || (thing.isConstructed && methodOf(fn, colours.flow.syntax) === undefined);
}

function methodOf(fn: FunctionNode, syntax: Syntax): NodeOf<'MethodDefinition'> | NodeOf<'Property'> | undefined {
  const parent = syntax.parents.get(fn);
  if (parent === undefined) return undefined;
  if (isType(parent, 'MethodDefinition')) return parent;
  return isType(parent, 'Property') && parent.method && parent.value === fn ? parent : undefined;
}

/** Where `async` goes before a method's name; undefined if the function is no method. */
function methodKeyStart(fn: FunctionNode, syntax: Syntax, code: string): number | undefined {
  const method = methodOf(fn, syntax);
  if (method === undefined) return undefined;
  return method.computed ? code.lastIndexOf('[', method.key.start) : method.key.start;
}

function boxReturn(node: NodeOf<'ReturnStatement'>, { edits, names, colours }: Rewriting): void {
  const owner = ownerOf(colours.flow.syntax, node);
  if (node.argument === null || node.argument === undefined) return;
  if (!isFunctionNode(owner) || !colours.owners.has(owner)) return;
  edits.wrap(node.argument, owner.async ? `${names.fiber}.leave(` : `${names.guard}.box(`, ')');
}

/**
 * Lets the event loop turn between awaits that do not wait, and tells that a detached body has come
 * to an `await` of its own, which takes effect when what it waits for is known.
 */
function markAwait(node: NodeOf<'AwaitExpression'>, rewriting: Rewriting): void {
  const { edits, names, colours } = rewriting;
  edits.wrap(node.argument, `${names.guard}.lap(`, ')');
  if (!isDetached(node, rewriting)) {
    // A function that does not block only lets go first whoever blocks at that moment.
    if (colours.owners.size === 0 || !isFunctionNode(ownerOf(colours.flow.syntax, node))) return;
    edits.wrap(node, `${names.waiting}.after(`, `, ${names.guard}.turns.isHeld && await ${names.waiting}.ready())`);
    return;
  }
  edits.wrap(node.argument, `${names.fiber}.leave(`, ')');
  edits.wrap(node, `${names.fiber}.back(`, `, ${waitForTurn(rewriting)})`);
}

function markForAwait(node: NodeOf<'ForOfStatement'>, rewriting: Rewriting): void {
  if (isDetached(node, rewriting)) rewriting.edits.wrap(node.right, `${rewriting.names.fiber}.steps(`, ')');
}

/** An `await` that rejected comes to a `catch` or `finally`, or leaves the function. */
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

function isDetached(node: AnyNode, { colours }: Rewriting): boolean {
  const owner = ownerOf(colours.flow.syntax, node);
  return isFunctionNode(owner) && owner.async && colours.owners.has(owner);
}
