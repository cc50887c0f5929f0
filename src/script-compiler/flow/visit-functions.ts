import type { AnyNode } from 'acorn';
import { isType, type NodeOf, type SiteNode, type ClassNode, type FunctionNode } from '../syntax.js';
import { FunctionThing, type Cell } from './cell.js';
import { callBundleHelper } from './bundle-helpers.js';
import type { Call } from './flow.js';
import type { Visitor, Visits } from './visitor.js';
import { assignTo, propertyName } from './patterns.js';

/** Wires calls, `new` and tagged templates. */
export function addCallVisits(visits: Visits): Visits {
  return visits
    .on('CallExpression', visitCall)
    .on('NewExpression', (node, visitor) => {
      const callee = visitor.value(node.callee);
      const call = callOf(node, { self: visitor.flow.cell(), args: node.arguments }, visitor);
      visitor.flow.construct(callee, call);
      return call.result;
    })
    .on('TaggedTemplateExpression', (node, visitor) => {
      const { callee, self } = calleeOf(node.tag, visitor);
      const strings = visitor.flow.cell(visitor.flow.unknown);
      const call = callOf(node, { self, args: node.quasi.expressions, first: strings }, visitor);
      visitor.flow.call(callee, call);
      return call.result;
    })
    .on('ImportExpression', (node, visitor) => {
      visitor.value(node.source);
      return visitor.flow.cell(visitor.flow.unknown);
    });
}

function visitCall(node: NodeOf<'CallExpression'>, visitor: Visitor): Cell {
  const ofBundler = callBundleHelper(node, visitor);
  if (ofBundler !== undefined) return ofBundler;
  if (isType(node.callee, 'Super')) {
    const { self, superclass } = visitor.context;
    const call = callOf(node, { self, args: node.arguments }, visitor);
    visitor.flow.construct(superclass, call);
    return self;
  }
  const { callee, self } = calleeOf(node.callee, visitor);
  const call = callOf(node, { self, args: node.arguments }, visitor);
  visitor.flow.call(callee, call);
  return call.result;
}

function calleeOf(node: AnyNode, visitor: Visitor): { callee: Cell; self: Cell } {
  if (isType(node, 'ChainExpression')) return calleeOf(node.expression, visitor);
  if (!isType(node, 'MemberExpression')) return { callee: visitor.value(node), self: visitor.flow.cell() };
  const callee = visitor.value(node);
  return { callee, self: isType(node.object, 'Super') ? visitor.context.self : visitor.value(node.object) };
}

function callOf(
  node: SiteNode,
  { self, args, first }: { readonly self: Cell; readonly args: readonly AnyNode[]; readonly first?: Cell },
  visitor: Visitor,
): Call {
  const { flow } = visitor;
  const cells: Cell[] = first === undefined ? [] : [first];
  let spread: Cell | undefined;
  for (const arg of args) {
    if (isType(arg, 'SpreadElement')) {
      spread ??= flow.cell();
      flow.elements(visitor.value(arg.argument), spread);
    } else if (spread === undefined) cells.push(visitor.value(arg));
    else visitor.value(arg).flowTo(spread);
  }
  return { site: flow.site(node), self, args: cells, spread, result: flow.cell() };
}

/** Wires functions and classes. */
export function addFunctionVisits(visits: Visits): Visits {
  return visits
    .on('FunctionDeclaration', (node, visitor) => declare(node.id, visitFunction(node, visitor), visitor))
    .on('FunctionExpression', (node, visitor) => declare(node.id, visitFunction(node, visitor), visitor))
    .on('ArrowFunctionExpression', visitFunction)
    .on('ClassDeclaration', (node, visitor) => declare(node.id, visitClass(node, visitor), visitor))
    .on('ClassExpression', (node, visitor) => declare(node.id, visitClass(node, visitor), visitor));
}

/** Visits a getter or setter: reading the property calls it, writing passes the value on. */
export function visitAccessor(
  { kind, value, name }: { readonly kind: string; readonly value: AnyNode; readonly name: string | undefined },
  owner: Cell,
  visitor: Visitor,
): void {
  const { flow } = visitor;
  const accessor = visitor.value(value);
  const held = flow.cell();
  if (kind === 'get') {
    flow.callBack(accessor, [], owner).flowTo(held);
    flow.write(owner, name, held);
    return;
  }
  owner.onEach((thing) => (name === undefined ? thing.dynamic : thing.prop(name)).flowTo(held));
  flow.callBack(accessor, [held], owner);
}

function declare(id: NodeOf<'Identifier'> | null | undefined, value: Cell, visitor: Visitor): Cell {
  if (id !== null && id !== undefined) assignTo(id, value, visitor);
  return value;
}

function visitFunction(node: FunctionNode, visitor: Visitor): Cell {
  const { flow } = visitor;
  const thing = new FunctionThing(flow.deliveries, node);
  if (!isType(node, 'ArrowFunctionExpression')) thing.prop('prototype').add(flow.thing('object'));
  visitBody(node, thing, visitor);
  return flow.cell(thing);
}

function visitBody(node: FunctionNode, thing: FunctionThing, visitor: Visitor): void {
  visitor.flow.functions.set(node, thing);
  const isArrow = isType(node, 'ArrowFunctionExpression');
  const own = isArrow ? { fn: thing } : { fn: thing, outer: thing, self: thing.self };
  visitor.within(own, () => {
    for (const [index, param] of node.params.entries()) visitParam(param, index, visitor);
    const value = visitor.value(node.body);
    if (!isType(node.body, 'BlockStatement')) value.flowTo(thing.returned);
  });
}

function visitParam(param: AnyNode, index: number, visitor: Visitor): void {
  const { fn } = visitor.context;
  if (fn === undefined) return;
  if (!isType(param, 'RestElement')) {
    assignTo(param, fn.param(index), visitor);
    return;
  }
  const rest = visitor.flow.thing('list');
  for (let at = index; at < index + 8; at++) fn.param(at).flowTo(rest.dynamic);
  assignTo(param.argument, visitor.flow.cell(rest), visitor);
}

function visitClass(node: ClassNode, visitor: Visitor): Cell {
  const { flow } = visitor;
  const constructor = node.body.body.find(
    (member) => isType(member, 'MethodDefinition') && member.kind === 'constructor',
  );
  const constructorNode =
    constructor !== undefined && isType(constructor, 'MethodDefinition') ? constructor.value : undefined;
  const thing = new FunctionThing(flow.deliveries, constructorNode, true);
  flow.classes.add(thing);
  const prototype = flow.thing('object');
  thing.prop('prototype').add(prototype);
  prototype.prop('constructor').add(thing);
  if (node.superClass !== null && node.superClass !== undefined) extend(thing, visitor.value(node.superClass), visitor);
  const places = { thing, statics: flow.cell(thing), prototype: flow.cell(prototype) };
  for (const member of node.body.body) visitMember(member, places, visitor);
  return places.statics;
}

/**
 * Reads on a class and its instances go on to the superclass; what its constructor writes to `this`
 * is found at its instance.
 */
function extend(thing: FunctionThing, superclass: Cell, { flow }: Visitor): void {
  superclass.flowTo(thing.superclass);
  superclass.flowTo(thing.protos);
  thing.prop('prototype').onEach((prototype) => flow.read(superclass, 'prototype', prototype.protos));
  superclass.onEach((parent) => {
    if (parent instanceof FunctionThing) thing.instance.protos.add(parent.instance);
  });
}

interface ClassPlaces {
  readonly thing: FunctionThing;
  readonly statics: Cell;
  readonly prototype: Cell;
}

function visitMember(member: AnyNode, places: ClassPlaces, visitor: Visitor): void {
  const { flow } = visitor;
  const { thing, statics, prototype } = places;
  const isStatic = 'static' in member && member.static;
  const superObject = flow.cell();
  if (isStatic) thing.superclass.flowTo(superObject);
  else flow.read(thing.superclass, 'prototype', superObject);
  const self = isStatic ? statics : flow.cell(thing.instance);
  visitor.within({ superObject, superclass: thing.superclass, self, fn: undefined, outer: undefined }, () => {
    if (isType(member, 'MethodDefinition'))
      visitMethod(member, { thing, owner: isStatic ? statics : prototype }, visitor);
    else if (isType(member, 'PropertyDefinition')) visitField(member, self, visitor);
    else visitor.value(member);
  });
}

function visitMethod(
  method: NodeOf<'MethodDefinition'>,
  { thing, owner }: { readonly thing: FunctionThing; readonly owner: Cell },
  visitor: Visitor,
): void {
  if (method.computed) visitor.value(method.key);
  const name = propertyName(method.key, method.computed);
  if (method.kind === 'constructor') visitBody(method.value, thing, visitor);
  else if (method.kind !== 'method') visitAccessor({ kind: method.kind, value: method.value, name }, owner, visitor);
  else visitor.flow.write(owner, name, visitor.value(method.value));
}

function visitField(field: NodeOf<'PropertyDefinition'>, self: Cell, visitor: Visitor): void {
  if (field.computed) visitor.value(field.key);
  if (field.value === null || field.value === undefined) return;
  visitor.flow.write(self, propertyName(field.key, field.computed), visitor.value(field.value));
}
