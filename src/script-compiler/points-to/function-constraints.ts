import type { AnyNode } from 'acorn';
import { isType, type NodeOf, type SiteNode, type ClassNode, type FunctionNode } from '../syntax.js';
import { FunctionObject, type PointsToSet } from './points-to-set.js';
import { callBundleHelper } from './bundle-helpers.js';
import type { Call } from './points-to-analysis.js';
import type { Visitor, Visits } from './visitor.js';
import { assignTo, propertyName } from './patterns.js';

/** Adds the constraints of calls, `new` and tagged templates. */
export function addCallConstraints(visits: Visits): Visits {
  return visits
    .on('CallExpression', visitCall)
    .on('NewExpression', (node, visitor) => {
      const callee = visitor.value(node.callee);
      const call = callOf(node, { self: visitor.analysis.setOf(), args: node.arguments }, visitor);
      visitor.analysis.construct(callee, call);
      return call.result;
    })
    .on('TaggedTemplateExpression', (node, visitor) => {
      const { callee, self } = calleeOf(node.tag, visitor);
      const strings = visitor.analysis.setOf(visitor.analysis.unknown);
      const call = callOf(node, { self, args: node.quasi.expressions, first: strings }, visitor);
      visitor.analysis.call(callee, call);
      return call.result;
    })
    .on('ImportExpression', (node, visitor) => {
      visitor.value(node.source);
      return visitor.analysis.setOf(visitor.analysis.unknown);
    });
}

function visitCall(node: NodeOf<'CallExpression'>, visitor: Visitor): PointsToSet {
  const ofBundler = callBundleHelper(node, visitor);
  if (ofBundler !== undefined) return ofBundler;
  if (isType(node.callee, 'Super')) {
    const { self, superclass } = visitor.scope;
    const call = callOf(node, { self, args: node.arguments }, visitor);
    visitor.analysis.construct(superclass, call);
    return self;
  }
  const { callee, self } = calleeOf(node.callee, visitor);
  const call = callOf(node, { self, args: node.arguments }, visitor);
  visitor.analysis.call(callee, call);
  return call.result;
}

function calleeOf(node: AnyNode, visitor: Visitor): { callee: PointsToSet; self: PointsToSet } {
  if (isType(node, 'ChainExpression')) return calleeOf(node.expression, visitor);
  if (!isType(node, 'MemberExpression')) return { callee: visitor.value(node), self: visitor.analysis.setOf() };
  const callee = visitor.value(node);
  return { callee, self: isType(node.object, 'Super') ? visitor.scope.self : visitor.value(node.object) };
}

function callOf(
  node: SiteNode,
  {
    self,
    args,
    first,
  }: { readonly self: PointsToSet; readonly args: readonly AnyNode[]; readonly first?: PointsToSet },
  visitor: Visitor,
): Call {
  const { analysis } = visitor;
  const sets: PointsToSet[] = first === undefined ? [] : [first];
  let spread: PointsToSet | undefined;
  for (const arg of args) {
    if (isType(arg, 'SpreadElement')) {
      spread ??= analysis.setOf();
      analysis.elements(visitor.value(arg.argument), spread);
    } else if (spread === undefined) sets.push(visitor.value(arg));
    else visitor.value(arg).flowTo(spread);
  }
  return { site: analysis.callSite(node), self, args: sets, spread, result: analysis.setOf() };
}

/** Adds the constraints of functions and classes. */
export function addFunctionConstraints(visits: Visits): Visits {
  return visits
    .on('FunctionDeclaration', (node, visitor) => declare(node.id, visitFunction(node, visitor), visitor))
    .on('FunctionExpression', (node, visitor) => declare(node.id, visitFunction(node, visitor), visitor))
    .on('ArrowFunctionExpression', visitFunction)
    .on('ClassDeclaration', (node, visitor) => declare(node.id, visitClass(node, visitor), visitor))
    .on('ClassExpression', (node, visitor) => declare(node.id, visitClass(node, visitor), visitor));
}

/**
 * Visits a getter or setter: loads of the property call the getter, stores pass their value to the
 * setter.
 */
export function visitAccessor(
  { kind, value, name }: { readonly kind: string; readonly value: AnyNode; readonly name: string | undefined },
  owner: PointsToSet,
  visitor: Visitor,
): void {
  const { analysis } = visitor;
  const accessor = visitor.value(value);
  const held = analysis.setOf();
  if (kind === 'get') {
    analysis.callFromNative(accessor, [], owner).flowTo(held);
    analysis.store(owner, name, held);
    return;
  }
  owner.onEach((object) => (name === undefined ? object.dynamic : object.prop(name)).flowTo(held));
  analysis.callFromNative(accessor, [held], owner);
}

function declare(id: NodeOf<'Identifier'> | null | undefined, value: PointsToSet, visitor: Visitor): PointsToSet {
  if (id !== null && id !== undefined) assignTo(id, value, visitor);
  return value;
}

function visitFunction(node: FunctionNode, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const object = new FunctionObject(analysis.worklist, node);
  if (!isType(node, 'ArrowFunctionExpression')) object.prop('prototype').add(analysis.allocate('object'));
  visitBody(node, object, visitor);
  return analysis.setOf(object);
}

function visitBody(node: FunctionNode, object: FunctionObject, visitor: Visitor): void {
  visitor.analysis.functions.set(node, object);
  const isArrow = isType(node, 'ArrowFunctionExpression');
  const own = isArrow ? { fn: object } : { fn: object, outer: object, self: object.self };
  visitor.within(own, () => {
    for (const [index, param] of node.params.entries()) visitParam(param, index, visitor);
    const value = visitor.value(node.body);
    if (!isType(node.body, 'BlockStatement')) value.flowTo(object.returned);
  });
}

function visitParam(param: AnyNode, index: number, visitor: Visitor): void {
  const { fn } = visitor.scope;
  if (fn === undefined) return;
  if (!isType(param, 'RestElement')) {
    assignTo(param, fn.param(index), visitor);
    return;
  }
  const rest = visitor.analysis.allocate('list');
  for (let at = index; at < index + 8; at++) fn.param(at).flowTo(rest.dynamic);
  assignTo(param.argument, visitor.analysis.setOf(rest), visitor);
}

function visitClass(node: ClassNode, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const constructor = node.body.body.find(
    (member) => isType(member, 'MethodDefinition') && member.kind === 'constructor',
  );
  const constructorNode =
    constructor !== undefined && isType(constructor, 'MethodDefinition') ? constructor.value : undefined;
  const object = new FunctionObject(analysis.worklist, constructorNode, true);
  analysis.classes.add(object);
  const prototype = analysis.allocate('object');
  object.prop('prototype').add(prototype);
  prototype.prop('constructor').add(object);
  if (node.superClass !== null && node.superClass !== undefined)
    extend(object, visitor.value(node.superClass), visitor);
  const places = { object, statics: analysis.setOf(object), prototype: analysis.setOf(prototype) };
  for (const member of node.body.body) visitMember(member, places, visitor);
  return places.statics;
}

/**
 * Adds the superclass to the prototype chain of a class and of its instances. What the parent's
 * constructor stores in `this` is found at the instance, too.
 */
function extend(object: FunctionObject, superclass: PointsToSet, { analysis }: Visitor): void {
  superclass.flowTo(object.superclass);
  superclass.flowTo(object.prototypes);
  object.prop('prototype').onEach((prototype) => analysis.load(superclass, 'prototype', prototype.prototypes));
  superclass.onEach((parent) => {
    if (parent instanceof FunctionObject) object.instance.prototypes.add(parent.instance);
  });
}

interface ClassPlaces {
  readonly object: FunctionObject;
  readonly statics: PointsToSet;
  readonly prototype: PointsToSet;
}

function visitMember(member: AnyNode, places: ClassPlaces, visitor: Visitor): void {
  const { analysis } = visitor;
  const { object, statics, prototype } = places;
  const isStatic = 'static' in member && member.static;
  const superObject = analysis.setOf();
  if (isStatic) object.superclass.flowTo(superObject);
  else analysis.load(object.superclass, 'prototype', superObject);
  const self = isStatic ? statics : analysis.setOf(object.instance);
  visitor.within({ superObject, superclass: object.superclass, self, fn: undefined, outer: undefined }, () => {
    if (isType(member, 'MethodDefinition'))
      visitMethod(member, { object, owner: isStatic ? statics : prototype }, visitor);
    else if (isType(member, 'PropertyDefinition')) visitField(member, self, visitor);
    else visitor.value(member);
  });
}

function visitMethod(
  method: NodeOf<'MethodDefinition'>,
  { object, owner }: { readonly object: FunctionObject; readonly owner: PointsToSet },
  visitor: Visitor,
): void {
  if (method.computed) visitor.value(method.key);
  const name = propertyName(method.key, method.computed);
  if (method.kind === 'constructor') visitBody(method.value, object, visitor);
  else if (method.kind !== 'method') visitAccessor({ kind: method.kind, value: method.value, name }, owner, visitor);
  else visitor.analysis.store(owner, name, visitor.value(method.value));
}

function visitField(field: NodeOf<'PropertyDefinition'>, self: PointsToSet, visitor: Visitor): void {
  if (field.computed) visitor.value(field.key);
  if (field.value === null || field.value === undefined) return;
  visitor.analysis.store(self, propertyName(field.key, field.computed), visitor.value(field.value));
}
