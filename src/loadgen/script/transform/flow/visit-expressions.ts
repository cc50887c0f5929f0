import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { Cell } from './cell.js';
import type { Flow } from './flow.js';
import { copyProperties } from './native-objects.js';
import { assignTo } from './patterns.js';
import { propertyName } from './property-name.js';
import type { Thing } from './thing.js';
import { visitAccessor } from './visit-functions.js';
import type { Visitor, Visits } from './visitor.js';

/** Wires what has a value and calls nothing. */
export function addExpressionVisits(visits: Visits): Visits {
  visits
    .on('Identifier', visitIdentifier)
    .on('ThisExpression', (_node, { context }) => context.self)
    .on('Literal', (_node, visitor) => visitor.primitive())
    .on('MetaProperty', (_node, { flow }) => flow.cell(flow.unknown))
    .on('MemberExpression', visitMember)
    .on('ObjectExpression', visitObject)
    .on('ArrayExpression', visitArray)
    .on('AssignmentExpression', visitAssignment)
    .on(
      'SequenceExpression',
      (node, visitor) => node.expressions.map((part) => visitor.value(part)).at(-1) ?? visitor.primitive(),
    )
    .on('ConditionalExpression', (node, visitor) => {
      visitor.value(node.test);
      return union(visitor, [node.consequent, node.alternate]);
    })
    .on('LogicalExpression', (node, visitor) => union(visitor, [node.left, node.right]))
    .on('ChainExpression', (node, visitor) => visitor.value(node.expression))
    .on('ParenthesizedExpression', (node, visitor) => visitor.value(node.expression))
    .on('AwaitExpression', (node, visitor) => awaited(visitor.value(node.argument), visitor))
    .on('YieldExpression', visitYield);
  for (const type of ['TemplateLiteral', 'BinaryExpression', 'UnaryExpression', 'UpdateExpression'] as const) {
    visits.on(type, (node, visitor) => visitPrimitive(node, visitor));
  }
  return visits;
}

/** What `await` makes of it. */
export function awaited(cell: Cell, { flow }: Visitor): Cell {
  const settled = flow.cell();
  cell.onEach((thing) => (thing.kind === 'promise' ? thing.all.flowTo(settled) : settled.add(thing)));
  return settled;
}

function visitIdentifier(node: NodeOf<'Identifier'>, { flow, context }: Visitor): Cell {
  const variable = flow.syntax.variables.get(node);
  if (node.name === 'arguments' && (variable === undefined || variable.defs.length === 0)) {
    return context.outer === undefined ? flow.cell() : flow.cell(context.outer.arguments);
  }
  if (variable !== undefined) return flow.variable(variable);
  return visitGlobal(node.name, flow);
}

function visitGlobal(name: string, flow: Flow): Cell {
  const isUnknown = name === 'undefined' || name === 'globalThis' || name === 'global' || name.startsWith('__');
  const value = flow.cell(isUnknown ? flow.unknown : flow.native(name));
  // What the program put on its global object is there under its bare name, too.
  if (flow.syntax.opensGlobal) flow.read(flow.cell(flow.unknown), name, value);
  return value;
}

function visitMember(node: NodeOf<'MemberExpression'>, visitor: Visitor): Cell {
  const object = isType(node.object, 'Super') ? visitor.context.superObject : visitor.value(node.object);
  if (node.computed) visitor.value(node.property);
  const read = visitor.flow.cell();
  visitor.flow.read(object, propertyName(node.property, node.computed), read);
  return read;
}

function visitObject(node: NodeOf<'ObjectExpression'>, visitor: Visitor): Cell {
  const { flow } = visitor;
  const thing = flow.thing('object');
  const owner = flow.cell(thing);
  const superObject = flow.cell();
  thing.protos.flowTo(superObject);
  visitor.within({ superObject }, () => {
    for (const property of node.properties) {
      if (isType(property, 'SpreadElement')) copyProperties(flow, visitor.value(property.argument), owner);
      else visitProperty(property, thing, visitor);
    }
  });
  return owner;
}

function visitProperty(property: NodeOf<'Property'>, thing: Thing, visitor: Visitor): void {
  const { flow } = visitor;
  if (property.computed) visitor.value(property.key);
  const name = propertyName(property.key, property.computed);
  const owner = flow.cell(thing);
  if (property.kind !== 'init') visitAccessor({ kind: property.kind, value: property.value, name }, owner, visitor);
  else if (name === '__proto__' && !property.computed) visitor.value(property.value).flowTo(thing.protos);
  else flow.write(owner, name, visitor.value(property.value));
}

function visitArray(node: NodeOf<'ArrayExpression'>, visitor: Visitor): Cell {
  const { flow } = visitor;
  const list = flow.thing('list');
  let hasSpread = false;
  for (const [index, element] of node.elements.entries()) {
    if (element === null) continue;
    if (isType(element, 'SpreadElement')) {
      hasSpread = true;
      flow.elements(visitor.value(element.argument), list.dynamic);
    } else visitor.value(element).flowTo(hasSpread ? list.dynamic : list.prop(String(index)));
  }
  return flow.cell(list);
}

function visitAssignment(node: NodeOf<'AssignmentExpression'>, visitor: Visitor): Cell {
  const value = visitor.value(node.right);
  if (node.operator === '=') {
    assignTo(node.left, value, visitor);
    return value;
  }
  if (!['||=', '&&=', '??='].includes(node.operator)) {
    visitor.value(node.left);
    return visitor.primitive();
  }
  assignTo(node.left, value, visitor);
  const both = visitor.flow.cell();
  visitor.value(node.left).flowTo(both);
  value.flowTo(both);
  return both;
}

function union(visitor: Visitor, nodes: readonly AnyNode[]): Cell {
  const all = visitor.flow.cell();
  for (const node of nodes) visitor.value(node).flowTo(all);
  return all;
}

function visitYield(node: NodeOf<'YieldExpression'>, visitor: Visitor): Cell {
  const { flow, context } = visitor;
  if (node.argument !== null && node.argument !== undefined && context.fn !== undefined) {
    const yielded = visitor.value(node.argument);
    if (node.delegate) flow.elements(yielded, context.fn.returned);
    else yielded.flowTo(context.fn.returned);
  }
  return flow.cell(flow.unknown);
}

function visitPrimitive(
  node: NodeOf<'TemplateLiteral' | 'BinaryExpression' | 'UnaryExpression' | 'UpdateExpression'>,
  visitor: Visitor,
): Cell {
  if (isType(node, 'TemplateLiteral')) for (const part of node.expressions) visitor.value(part);
  else if (isType(node, 'BinaryExpression')) for (const part of [node.left, node.right]) visitor.value(part);
  else visitor.value(node.argument);
  return visitor.primitive();
}
