import type { AnyNode } from 'acorn';
import type { Colours } from './colour.js';
import { type Site, LIBRARY } from './flow/flow.js';
import { propertyName } from './flow/patterns.js';
import { type FunctionNode, isFunctionNode, isType, type NodeOf, type SiteNode, type Syntax } from './syntax.js';

/** A blocking call in a place that cannot wait. */
export interface Refusal {
  readonly node: SiteNode;
  /** What is wrong, and what to do instead. */
  readonly reason: string;
}

const MOVE = 'move it out and pass its result in';

/** Finds every blocking call that stands where JavaScript cannot wait. */
export function findRefusals(colours: Colours): Refusal[] {
  const refusals: Refusal[] = [];
  for (const [node, { name }] of colours.refused) refusals.push({ node, reason: nativeReason(name) });
  for (const site of colours.sites) {
    const reason = placeReason(site, colours) ?? formReason(site, colours);
    if (reason !== undefined) refusals.push({ node: site.node, reason });
  }
  return refusals.toSorted((a, b) => a.node.start - b.node.start);
}

function nativeReason(name: string): string {
  if (name === LIBRARY) {
    return 'a function that blocks is given to a library that is too large to be looked into, so nobody would wait for it: call it outside of the library';
  }
  return `the function given to ${name} blocks, but ${name} cannot wait for it: compute what it needs before, without sleep, ws.connect or http`;
}

/** Where the site stands: what is between it and its function, and what its function is. */
function placeReason({ node }: Site, { flow }: Colours): string | undefined {
  const { syntax } = flow;
  for (let at: AnyNode = node; ;) {
    const parent = syntax.parents.get(at);
    if (parent === undefined) return undefined;
    if (isType(parent, 'PropertyDefinition') && parent.value === at)
      return `a class field cannot wait: assign it in a method`;
    if (isType(parent, 'StaticBlock')) return 'a static block cannot wait: use a static method';
    if (isFunctionNode(parent)) {
      if (parent.body !== at) return `a default parameter cannot wait: ${MOVE}, or assign the default in the body`;
      return functionReason(parent, flow);
    }
    at = parent;
  }
}

function functionReason(fn: FunctionNode, flow: Colours['flow']): string | undefined {
  if (fn.generator) return 'a generator cannot wait: collect the values into an array in a plain function';
  const member = flow.syntax.parents.get(fn);
  if (member === undefined || !(isType(member, 'MethodDefinition') || isType(member, 'Property'))) return undefined;
  return member.value === fn ? memberReason(member, fn, flow) : undefined;
}

function memberReason(
  member: NodeOf<'MethodDefinition'> | NodeOf<'Property'>,
  fn: FunctionNode,
  flow: Colours['flow'],
): string | undefined {
  if (member.kind === 'get') return 'a getter cannot wait: make it a method';
  if (member.kind === 'set') return 'a setter cannot wait: make it a method';
  if (isType(member, 'MethodDefinition') && member.kind === 'constructor') return constructorReason(fn, flow);
  const name = propertyName(member.key, member.computed);
  return name !== undefined && isCalledByLanguage(name, flow.syntax)
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

function constructorReason(fn: FunctionNode, flow: Colours['flow']): string | undefined {
  const body = flow.syntax.parents.get(flow.syntax.parents.get(fn) ?? fn);
  const owner = body === undefined ? undefined : flow.syntax.parents.get(body);
  const advice = 'do it in a method and call that after new';
  if (owner !== undefined && 'superClass' in owner && owner.superClass !== null) {
    return `the constructor of a class that extends another cannot wait: ${advice}`;
  }
  const thing = flow.functions.get(fn);
  const isExtended = thing !== undefined && [...flow.classes].some(({ superclass }) => superclass.things.has(thing));
  return isExtended ? `the constructor of a class that others extend cannot wait: ${advice}` : undefined;
}

/**
 * Native methods that wait are called in another form, which needs `list.method(...)` as it stands.
 */
function formReason({ node }: Site, { forms }: Colours): string | undefined {
  const form = forms.get(node);
  if (form === undefined) return undefined;
  if (form.kind === 'promise') {
    if (isType(node, 'NewExpression') && isType(node.callee, 'Identifier')) return undefined;
    return 'the function given to a promise blocks, and the promise is made indirectly: make it with new Promise(...)';
  }
  if (isType(node, 'CallExpression') && isMethodCall(node, form.name)) return undefined;
  return `the function given to ${form.name} blocks, and ${form.name} is called indirectly: call it as list.${form.name}(...), or write a loop`;
}

/** Whether the call is `object.method(...)`, with this method or one whose name is computed. */
function isMethodCall({ callee }: NodeOf<'CallExpression'>, method: string): boolean {
  if (!isType(callee, 'MemberExpression') || isType(callee.object, 'Super')) return false;
  return callee.computed || (isType(callee.property, 'Identifier') && callee.property.name === method);
}
