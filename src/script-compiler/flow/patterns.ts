import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { Cell } from './cell.js';
import type { Visitor } from './visitor.js';

/**
 * The name that a key stands for: `#x` for private ones, `@@x` for well-known symbols, undefined if
 * it is not known.
 */
export function propertyName(key: AnyNode, isComputed: boolean): string | undefined {
  if (isType(key, 'PrivateIdentifier')) return `#${key.name}`;
  if (!isComputed && isType(key, 'Identifier')) return key.name;
  if (isType(key, 'Literal')) return String(key.value);
  const isSymbol = isType(key, 'MemberExpression') && isType(key.object, 'Identifier') && key.object.name === 'Symbol';
  return isSymbol && isType(key.property, 'Identifier') ? `@@${key.property.name}` : undefined;
}

/** Assigns what is in `from` to a pattern: a variable, a property, or what is destructured. */
export function assignTo(pattern: AnyNode, from: Cell, visitor: Visitor): void {
  const { flow } = visitor;
  if (isType(pattern, 'Identifier')) {
    const variable = flow.syntax.variables.get(pattern);
    if (variable !== undefined) from.flowTo(flow.variable(variable));
    else flow.write(flow.cell(flow.unknown), pattern.name, from);
  } else if (isType(pattern, 'MemberExpression')) assignToMember(pattern, from, visitor);
  else if (isType(pattern, 'AssignmentPattern')) {
    const both = flow.cell();
    from.flowTo(both);
    visitor.value(pattern.right).flowTo(both);
    assignTo(pattern.left, both, visitor);
  } else if (isType(pattern, 'ArrayPattern')) assignToArray(pattern, from, visitor);
  else if (isType(pattern, 'ObjectPattern')) assignToObject(pattern, from, visitor);
}

function assignToMember(pattern: NodeOf<'MemberExpression'>, from: Cell, visitor: Visitor): void {
  const object = isType(pattern.object, 'Super') ? visitor.context.self : visitor.value(pattern.object);
  if (pattern.computed) visitor.value(pattern.property);
  visitor.flow.write(object, propertyName(pattern.property, pattern.computed), from);
}

function assignToArray(pattern: NodeOf<'ArrayPattern'>, from: Cell, visitor: Visitor): void {
  const { flow } = visitor;
  for (const [index, element] of pattern.elements.entries()) {
    if (element === null) continue;
    const item = flow.cell();
    if (isType(element, 'RestElement')) {
      const list = flow.thing('list');
      flow.elements(from, list.dynamic);
      item.add(list);
      assignTo(element.argument, item, visitor);
      continue;
    }
    from.onEach((thing) => {
      if (thing.kind === 'list') flow.readThing(thing, String(index), item);
      else flow.elements(flow.cell(thing), item);
    });
    assignTo(element, item, visitor);
  }
}

function assignToObject(pattern: NodeOf<'ObjectPattern'>, from: Cell, visitor: Visitor): void {
  const { flow } = visitor;
  for (const property of pattern.properties) {
    if (isType(property, 'RestElement')) {
      assignTo(property.argument, from, visitor);
      continue;
    }
    if (property.computed) visitor.value(property.key);
    const item = flow.cell();
    flow.read(from, propertyName(property.key, property.computed), item);
    assignTo(property.value, item, visitor);
  }
}
