import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { PointsToSet } from './points-to-set.js';
import type { Visitor } from './visitor.js';

/**
 * Returns the property name of a key: `#x` for private names, `@@x` for well-known symbols,
 * undefined if it is not statically known.
 */
export function propertyName(key: AnyNode, isComputed: boolean): string | undefined {
  if (isType(key, 'PrivateIdentifier')) return `#${key.name}`;
  if (!isComputed && isType(key, 'Identifier')) return key.name;
  if (isType(key, 'Literal')) return String(key.value);
  const isSymbol = isType(key, 'MemberExpression') && isType(key.object, 'Identifier') && key.object.name === 'Symbol';
  return isSymbol && isType(key.property, 'Identifier') ? `@@${key.property.name}` : undefined;
}

/**
 * Assigns the values in `from` to a pattern: a variable, a property, or a destructuring pattern.
 */
export function assignTo(pattern: AnyNode, from: PointsToSet, visitor: Visitor): void {
  const { analysis } = visitor;
  if (isType(pattern, 'Identifier')) {
    const variable = analysis.syntax.variables.get(pattern);
    if (variable !== undefined) from.flowTo(analysis.variable(variable));
    else analysis.store(analysis.setOf(analysis.unknown), pattern.name, from);
  } else if (isType(pattern, 'MemberExpression')) assignToMember(pattern, from, visitor);
  else if (isType(pattern, 'AssignmentPattern')) {
    const both = analysis.setOf();
    from.flowTo(both);
    visitor.value(pattern.right).flowTo(both);
    assignTo(pattern.left, both, visitor);
  } else if (isType(pattern, 'ArrayPattern')) assignToArray(pattern, from, visitor);
  else if (isType(pattern, 'ObjectPattern')) assignToObject(pattern, from, visitor);
}

function assignToMember(pattern: NodeOf<'MemberExpression'>, from: PointsToSet, visitor: Visitor): void {
  const object = isType(pattern.object, 'Super') ? visitor.scope.self : visitor.value(pattern.object);
  if (pattern.computed) visitor.value(pattern.property);
  visitor.analysis.store(object, propertyName(pattern.property, pattern.computed), from);
}

function assignToArray(pattern: NodeOf<'ArrayPattern'>, from: PointsToSet, visitor: Visitor): void {
  const { analysis } = visitor;
  for (const [index, element] of pattern.elements.entries()) {
    if (element === null) continue;
    const item = analysis.setOf();
    if (isType(element, 'RestElement')) {
      const list = analysis.allocate('list');
      analysis.elements(from, list.dynamic);
      item.add(list);
      assignTo(element.argument, item, visitor);
      continue;
    }
    from.onEach((object) => {
      if (object.kind === 'list') analysis.loadFrom(object, String(index), item);
      else analysis.elements(analysis.setOf(object), item);
    });
    assignTo(element, item, visitor);
  }
}

function assignToObject(pattern: NodeOf<'ObjectPattern'>, from: PointsToSet, visitor: Visitor): void {
  const { analysis } = visitor;
  for (const property of pattern.properties) {
    if (isType(property, 'RestElement')) {
      assignTo(property.argument, from, visitor);
      continue;
    }
    if (property.computed) visitor.value(property.key);
    const item = analysis.setOf();
    analysis.load(from, propertyName(property.key, property.computed), item);
    assignTo(property.value, item, visitor);
  }
}
