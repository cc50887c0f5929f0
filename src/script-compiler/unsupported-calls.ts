import type { AnyNode } from 'acorn';
import type { BlockingCode } from './effect-analysis.js';
import { type CallSite, LIBRARY } from './points-to/points-to-analysis.js';
import { propertyName } from './points-to/patterns.js';
import { type FunctionNode, isFunctionNode, isType, type NodeOf, type SiteNode, type Syntax } from './syntax.js';

/** A blocking call at a place that does not allow `await`. */
export interface UnsupportedCall {
  readonly node: SiteNode;
  /** The problem, and how to change the script. */
  readonly reason: string;
}

const MOVE = 'move it out and pass its result in';

/** Finds all blocking calls at places that do not allow `await`. */
export function findUnsupportedCalls(blocking: BlockingCode): UnsupportedCall[] {
  const refusals: UnsupportedCall[] = [];
  for (const [node, { name }] of blocking.unsupported) refusals.push({ node, reason: nativeReason(name) });
  for (const site of blocking.sites) {
    const reason = placeReason(site, blocking) ?? formReason(site, blocking);
    if (reason !== undefined) refusals.push({ node: site.node, reason });
  }
  return refusals.toSorted((a, b) => a.node.start - b.node.start);
}

function nativeReason(name: string): string {
  if (name === LIBRARY) {
    return 'a function that blocks is passed to a library that is too large to be analysed, so its calls could not be awaited: call it outside of the library';
  }
  return `the function given to ${name} blocks, but ${name} cannot wait for it: compute its input beforehand, without sleep, ws.connect or http in the function`;
}

/**
 * Checks where the call stands: the nodes between it and its function, and the kind of that
 * function.
 */
function placeReason({ node }: CallSite, { analysis }: BlockingCode): string | undefined {
  const { syntax } = analysis;
  for (let at: AnyNode = node; ;) {
    const parent = syntax.parents.get(at);
    if (parent === undefined) return undefined;
    if (isType(parent, 'PropertyDefinition') && parent.value === at)
      return `a class field cannot wait: assign it in a method`;
    if (isType(parent, 'StaticBlock')) return 'a static block cannot wait: use a static method';
    if (isFunctionNode(parent)) {
      if (parent.body !== at) return `a default parameter cannot wait: ${MOVE}, or assign the default in the body`;
      return functionReason(parent, analysis);
    }
    at = parent;
  }
}

function functionReason(fn: FunctionNode, analysis: BlockingCode['analysis']): string | undefined {
  if (fn.generator) return 'a generator cannot wait: collect the values into an array in a plain function';
  const member = analysis.syntax.parents.get(fn);
  if (member === undefined || !(isType(member, 'MethodDefinition') || isType(member, 'Property'))) return undefined;
  return member.value === fn ? memberReason(member, fn, analysis) : undefined;
}

function memberReason(
  member: NodeOf<'MethodDefinition'> | NodeOf<'Property'>,
  fn: FunctionNode,
  analysis: BlockingCode['analysis'],
): string | undefined {
  if (member.kind === 'get') return 'a getter cannot wait: make it a method';
  if (member.kind === 'set') return 'a setter cannot wait: make it a method';
  if (isType(member, 'MethodDefinition') && member.kind === 'constructor') return constructorReason(fn, analysis);
  const name = propertyName(member.key, member.computed);
  return name !== undefined && isCalledByLanguage(name, analysis.syntax)
    ? `${name} is called by the language itself, which cannot wait: give it another name and call it yourself`
    : undefined;
}

function isCalledByLanguage(name: string, syntax: Syntax): boolean {
  if (['toString', 'valueOf', 'toJSON', 'then'].includes(name) || name.startsWith('@@')) return true;
  return (
    name === 'next' &&
    syntax.nodes.some((node) => isType(node, 'MemberExpression') && propertyName(node, true) === '@@iterator')
  );
}

function constructorReason(fn: FunctionNode, analysis: BlockingCode['analysis']): string | undefined {
  const body = analysis.syntax.parents.get(analysis.syntax.parents.get(fn) ?? fn);
  const owner = body === undefined ? undefined : analysis.syntax.parents.get(body);
  const advice = 'do it in a method and call that after new';
  if (owner !== undefined && 'superClass' in owner && owner.superClass !== null) {
    return `the constructor of a class that extends another cannot wait: ${advice}`;
  }
  const object = analysis.functions.get(fn);
  const isExtended =
    object !== undefined && [...analysis.classes].some(({ superclass }) => superclass.objects.has(object));
  return isExtended ? `the constructor of a class that others extend cannot wait: ${advice}` : undefined;
}

/**
 * A native method that awaits its callback is replaced by another form. This requires the literal
 * form `list.method(...)`.
 */
function formReason({ node }: CallSite, { forms }: BlockingCode): string | undefined {
  const form = forms.get(node);
  if (form === undefined) return undefined;
  if (form.kind === 'promise') {
    if (isType(node, 'NewExpression') && isType(node.callee, 'Identifier')) return undefined;
    return 'the function given to a promise blocks, and the promise is created indirectly: create it with new Promise(...)';
  }
  if (isType(node, 'CallExpression') && isMethodCall(node, form.name)) return undefined;
  return `the function given to ${form.name} blocks, and ${form.name} is called indirectly: call it as list.${form.name}(...), or write a loop`;
}

/** Whether the call is `object.method(...)` with this method, or with a computed name. */
function isMethodCall({ callee }: NodeOf<'CallExpression'>, method: string): boolean {
  if (!isType(callee, 'MemberExpression') || isType(callee.object, 'Super')) return false;
  return callee.computed || (isType(callee.property, 'Identifier') && callee.property.name === method);
}
