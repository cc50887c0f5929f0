import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { PointsToSet, AbstractObject } from './points-to-set.js';
import type { PointsToAnalysis } from './points-to-analysis.js';
import { copyProperties } from './object-models.js';
import { assignTo, propertyName } from './patterns.js';
import { visitAccessor } from './function-constraints.js';
import type { Visitor, Visits } from './visitor.js';

/** Adds the constraints of expressions that call nothing. */
export function addExpressionConstraints(visits: Visits): Visits {
  visits
    .on('Identifier', visitIdentifier)
    .on('ThisExpression', (_node, { scope }) => scope.self)
    .on('Literal', (_node, visitor) => visitor.primitive())
    .on('MetaProperty', (_node, { analysis }) => analysis.setOf(analysis.unknown))
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

/** Returns what `await` yields: the values of promises, and everything else unchanged. */
export function awaited(set: PointsToSet, { analysis }: Visitor): PointsToSet {
  const settled = analysis.setOf();
  set.onEach((object) => (object.kind === 'promise' ? object.all.flowTo(settled) : settled.add(object)));
  return settled;
}

function visitIdentifier(node: NodeOf<'Identifier'>, { analysis, scope }: Visitor): PointsToSet {
  const variable = analysis.syntax.variables.get(node);
  if (node.name === 'arguments' && (variable === undefined || variable.defs.length === 0)) {
    return scope.outer === undefined ? analysis.setOf() : analysis.setOf(scope.outer.arguments);
  }
  if (variable !== undefined) return analysis.variable(variable);
  return visitGlobal(node.name, analysis);
}

function visitGlobal(name: string, analysis: PointsToAnalysis): PointsToSet {
  const isUnknown = name === 'undefined' || name === 'globalThis' || name === 'global' || name.startsWith('__');
  const value = analysis.setOf(isUnknown ? analysis.unknown : analysis.native(name));
  // A property that the program sets on its global object can be read by its bare name, too.
  if (analysis.syntax.mayChangeGlobal) analysis.load(analysis.setOf(analysis.unknown), name, value);
  return value;
}

function visitMember(node: NodeOf<'MemberExpression'>, visitor: Visitor): PointsToSet {
  const object = isType(node.object, 'Super') ? visitor.scope.superObject : visitor.value(node.object);
  if (node.computed) visitor.value(node.property);
  const read = visitor.analysis.setOf();
  visitor.analysis.load(object, propertyName(node.property, node.computed), read);
  return read;
}

function visitObject(node: NodeOf<'ObjectExpression'>, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const object = analysis.allocate('object');
  const owner = analysis.setOf(object);
  const superObject = analysis.setOf();
  object.prototypes.flowTo(superObject);
  visitor.within({ superObject }, () => {
    for (const property of node.properties) {
      if (isType(property, 'SpreadElement')) copyProperties(analysis, visitor.value(property.argument), owner);
      else visitProperty(property, object, visitor);
    }
  });
  return owner;
}

function visitProperty(property: NodeOf<'Property'>, object: AbstractObject, visitor: Visitor): void {
  const { analysis } = visitor;
  if (property.computed) visitor.value(property.key);
  const name = propertyName(property.key, property.computed);
  const owner = analysis.setOf(object);
  if (property.kind !== 'init') visitAccessor({ kind: property.kind, value: property.value, name }, owner, visitor);
  else if (name === '__proto__' && !property.computed) visitor.value(property.value).flowTo(object.prototypes);
  else analysis.store(owner, name, visitor.value(property.value));
}

function visitArray(node: NodeOf<'ArrayExpression'>, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const list = analysis.allocate('list');
  let hasSpread = false;
  for (const [index, element] of node.elements.entries()) {
    if (element === null) continue;
    if (isType(element, 'SpreadElement')) {
      hasSpread = true;
      analysis.elements(visitor.value(element.argument), list.dynamic);
    } else visitor.value(element).flowTo(hasSpread ? list.dynamic : list.prop(String(index)));
  }
  return analysis.setOf(list);
}

function visitAssignment(node: NodeOf<'AssignmentExpression'>, visitor: Visitor): PointsToSet {
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
  const both = visitor.analysis.setOf();
  visitor.value(node.left).flowTo(both);
  value.flowTo(both);
  return both;
}

function union(visitor: Visitor, nodes: readonly AnyNode[]): PointsToSet {
  const all = visitor.analysis.setOf();
  for (const node of nodes) visitor.value(node).flowTo(all);
  return all;
}

function visitYield(node: NodeOf<'YieldExpression'>, visitor: Visitor): PointsToSet {
  const { analysis, scope } = visitor;
  if (node.argument !== null && node.argument !== undefined && scope.fn !== undefined) {
    const yielded = visitor.value(node.argument);
    if (node.delegate) analysis.elements(yielded, scope.fn.returned);
    else yielded.flowTo(scope.fn.returned);
  }
  return analysis.setOf(analysis.unknown);
}

function visitPrimitive(
  node: NodeOf<'TemplateLiteral' | 'BinaryExpression' | 'UnaryExpression' | 'UpdateExpression'>,
  visitor: Visitor,
): PointsToSet {
  if (isType(node, 'TemplateLiteral')) for (const part of node.expressions) visitor.value(part);
  else if (isType(node, 'BinaryExpression')) for (const part of [node.left, node.right]) visitor.value(part);
  else visitor.value(node.argument);
  return visitor.primitive();
}

/** Adds the constraints of declarations, of statements that leave a function, and of modules. */
export function addStatementConstraints(visits: Visits): Visits {
  return visits
    .on('VariableDeclarator', (node, visitor) => {
      if (node.init !== null && node.init !== undefined) assignTo(node.id, visitor.value(node.init), visitor);
      return visitor.analysis.setOf();
    })
    .on('ReturnStatement', (node, visitor) => {
      if (node.argument === null || node.argument === undefined) return visitor.analysis.setOf();
      const value = visitor.value(node.argument);
      const { fn } = visitor.scope;
      if (fn !== undefined) value.flowTo(fn.returned);
      return value;
    })
    .on('ThrowStatement', (node, visitor) => {
      visitor.value(node.argument).flowTo(visitor.analysis.thrown);
      return visitor.analysis.setOf();
    })
    .on('CatchClause', (node, visitor) => {
      visitor.analysis.thrown.add(visitor.analysis.unknown);
      if (node.param !== null && node.param !== undefined) assignTo(node.param, visitor.analysis.thrown, visitor);
      return visitor.value(node.body);
    })
    .on('ForOfStatement', visitForOf)
    .on('ImportDeclaration', visitImport)
    .on('ExportNamedDeclaration', visitExports)
    .on('ExportDefaultDeclaration', visitCommonJsEntry)
    .on('LabeledStatement', (node, visitor) => visitor.value(node.body))
    .on('BreakStatement', (_node, visitor) => visitor.analysis.setOf())
    .on('ContinueStatement', (_node, visitor) => visitor.analysis.setOf());
}

function visitForOf(node: NodeOf<'ForOfStatement'>, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  let item = analysis.setOf();
  analysis.elements(visitor.value(node.right), item);
  if (node.await) item = awaited(item, visitor);
  const target = isType(node.left, 'VariableDeclaration') ? node.left.declarations[0]?.id : node.left;
  if (target !== undefined) assignTo(target, item, visitor);
  visitor.value(node.body);
  return analysis.setOf();
}

function visitImport(node: NodeOf<'ImportDeclaration'>, visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const module = String(node.source.value);
  for (const specifier of node.specifiers) {
    const isName = isType(specifier, 'ImportSpecifier');
    const imported = isName && isType(specifier.imported, 'Identifier') ? specifier.imported.name : 'default';
    const name = isName && imported !== 'default' ? `${module}.${imported}` : module;
    assignTo(specifier.local, analysis.setOf(analysis.native(name)), visitor);
  }
  return analysis.setOf();
}

/**
 * The engine calls what a script exports, so exports escape. Bundled code has a single export list,
 * without declarations.
 */
function visitExports(node: NodeOf<'ExportNamedDeclaration'>, visitor: Visitor): PointsToSet {
  for (const { local } of node.specifiers) visitor.analysis.escape(visitor.value(local));
  return visitor.analysis.setOf();
}

/**
 * esbuild bundles a CommonJS script as `export default require_script()`: everything in its
 * `module.exports` escapes to the engine.
 */
function visitCommonJsEntry(node: NodeOf<'ExportDefaultDeclaration'>, visitor: Visitor): PointsToSet {
  visitor.analysis.escape(visitor.value(node.declaration));
  return visitor.analysis.setOf();
}
