import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';
import { PERMITTED_GLOBALS } from '../module-names.js';

const LIVE_GLOBALS: readonly string[] = ['__ENV', '__VU', '__ITER'];

/** Names that are never properties of the global object. */
const FIXED: readonly string[] = ['undefined', 'NaN', 'Infinity', 'arguments'];

/**
 * Globals that belong to one virtual user. A compiled script takes those that it uses as
 * parameters.
 */
const INSTANCE_GLOBALS: readonly string[] = [
  'console',
  'open',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'Math',
  'crypto',
  'require',
];

/**
 * Replaces names that the program does not declare, and returns those that become parameters. A
 * script that cannot change its global object uses V8's built-ins directly. In any other script
 * each name is a property of the instance's own global object. Node's globals are never reachable.
 */
export function rewriteGlobals(rewriting: Rewriting): readonly string[] {
  const { syntax } = rewriting.blocking.analysis;
  const parameters = new Set<string>();
  for (const node of syntax.globals) {
    const { name } = node;
    if (FIXED.includes(name) || isReplacedWhole(node, rewriting)) continue;
    const isInstance = INSTANCE_GLOBALS.includes(name);
    if (LIVE_GLOBALS.includes(name)) replace(node, `${rewriting.names.scope}.live.${name}`, rewriting);
    else if (syntax.mayChangeGlobal) replace(node, propertyOf(node, rewriting), rewriting);
    else if (isInstance) parameters.add(name);
    else if (!PERMITTED_GLOBALS.includes(name)) replace(node, missing(node, rewriting), rewriting);
  }
  return [...parameters];
}

/** `new Promise(...)` with a blocking executor is replaced as a whole. */
function isReplacedWhole(node: NodeOf<'Identifier'>, { blocking }: Rewriting): boolean {
  const parent = blocking.analysis.syntax.parents.get(node);
  if (parent === undefined || !isType(parent, 'NewExpression') || parent.callee !== node) return false;
  return blocking.sites.has(blocking.analysis.callSite(parent)) && blocking.forms.get(parent)?.kind === 'promise';
}

function propertyOf(node: NodeOf<'Identifier'>, rewriting: Rewriting): string {
  const { names } = rewriting;
  const isThere =
    PERMITTED_GLOBALS.includes(node.name) || INSTANCE_GLOBALS.includes(node.name) || isOfTypeof(node, rewriting);
  if (isThere || node.name === 'globalThis' || node.name === 'global') return `${names.global}.${node.name}`;
  return `${names.scope}.holder("${node.name}").${node.name}`;
}

function missing(node: NodeOf<'Identifier'>, rewriting: Rewriting): string {
  return isOfTypeof(node, rewriting) ? 'void 0' : `${rewriting.names.scope}.missing("${node.name}")`;
}

function isOfTypeof(node: AnyNode, { blocking }: Rewriting): boolean {
  const parent = blocking.analysis.syntax.parents.get(node);
  return parent !== undefined && isType(parent, 'UnaryExpression') && parent.operator === 'typeof';
}

/**
 * Replaces a name by an expression that can also be called, constructed, assigned to, or used in
 * shorthand.
 */
function replace(node: NodeOf<'Identifier'>, expression: string, { edits, blocking }: Rewriting): void {
  const { parents } = blocking.analysis.syntax;
  const key = isShorthand(node, parents) ? `${node.name}: ` : '';
  edits.replace(node.start, node.end, key + asCallee(node, parents.get(node), expression));
}

function asCallee(node: AnyNode, parent: AnyNode | undefined, expression: string): string {
  if (parent === undefined) return expression;
  if (isType(parent, 'NewExpression')) return parent.callee === node ? `(${expression})` : expression;
  const isCalled = isType(parent, 'CallExpression') && parent.callee === node;
  const isTag = isType(parent, 'TaggedTemplateExpression') && parent.tag === node;
  // The call must not have a receiver, just as a call of a bare name has none.
  return isCalled || isTag ? `(0, ${expression})` : expression;
}

/** `{ name }`, and `{ name = 1 }` of a pattern. */
function isShorthand(node: AnyNode, parents: ReadonlyMap<AnyNode, AnyNode>): boolean {
  const parent = parents.get(node);
  if (parent === undefined) return false;
  if (isType(parent, 'AssignmentPattern') && parent.left === node) {
    const outer = parents.get(parent);
    return outer !== undefined && isType(outer, 'Property') && outer.shorthand;
  }
  return isType(parent, 'Property') && parent.shorthand;
}
