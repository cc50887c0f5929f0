import type { AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import type { Cell, Thing } from './cell.js';
import type { Flow } from './flow.js';
import { copyProperties } from './native-objects.js';
import { assignTo, propertyName } from './patterns.js';
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

/** Wires what binds names, and what leaves functions and modules. */
export function addStatementVisits(visits: Visits): Visits {
  return visits
    .on('VariableDeclarator', (node, visitor) => {
      if (node.init !== null && node.init !== undefined) assignTo(node.id, visitor.value(node.init), visitor);
      return visitor.flow.cell();
    })
    .on('ReturnStatement', (node, visitor) => {
      if (node.argument === null || node.argument === undefined) return visitor.flow.cell();
      const value = visitor.value(node.argument);
      const { fn } = visitor.context;
      if (fn !== undefined) value.flowTo(fn.returned);
      return value;
    })
    .on('ThrowStatement', (node, visitor) => {
      visitor.value(node.argument).flowTo(visitor.flow.thrown);
      return visitor.flow.cell();
    })
    .on('CatchClause', (node, visitor) => {
      visitor.flow.thrown.add(visitor.flow.unknown);
      if (node.param !== null && node.param !== undefined) assignTo(node.param, visitor.flow.thrown, visitor);
      return visitor.value(node.body);
    })
    .on('ForOfStatement', visitForOf)
    .on('ImportDeclaration', visitImport)
    .on('ExportNamedDeclaration', visitExports)
    .on('ExportDefaultDeclaration', visitCommonJsEntry)
    .on('LabeledStatement', (node, visitor) => visitor.value(node.body))
    .on('BreakStatement', (_node, visitor) => visitor.flow.cell())
    .on('ContinueStatement', (_node, visitor) => visitor.flow.cell());
}

function visitForOf(node: NodeOf<'ForOfStatement'>, visitor: Visitor): Cell {
  const { flow } = visitor;
  let item = flow.cell();
  flow.elements(visitor.value(node.right), item);
  if (node.await) item = awaited(item, visitor);
  const target = isType(node.left, 'VariableDeclaration') ? node.left.declarations[0]?.id : node.left;
  if (target !== undefined) assignTo(target, item, visitor);
  visitor.value(node.body);
  return flow.cell();
}

function visitImport(node: NodeOf<'ImportDeclaration'>, visitor: Visitor): Cell {
  const { flow } = visitor;
  const module = String(node.source.value);
  for (const specifier of node.specifiers) {
    const isName = isType(specifier, 'ImportSpecifier');
    const imported = isName && isType(specifier.imported, 'Identifier') ? specifier.imported.name : 'default';
    const name = isName && imported !== 'default' ? `${module}.${imported}` : module;
    assignTo(specifier.local, flow.cell(flow.native(name)), visitor);
  }
  return flow.cell();
}

/**
 * What a script exports is called by the engine; bundled code has one such list and no declaration
 * in it.
 */
function visitExports(node: NodeOf<'ExportNamedDeclaration'>, visitor: Visitor): Cell {
  for (const { local } of node.specifiers) visitor.flow.handOver(visitor.value(local));
  return visitor.flow.cell();
}

/**
 * A CommonJS script is bundled as `export default require_script()`: everything in its
 * `module.exports` is called by the engine.
 */
function visitCommonJsEntry(node: NodeOf<'ExportDefaultDeclaration'>, visitor: Visitor): Cell {
  visitor.flow.handOver(visitor.value(node.declaration));
  return visitor.flow.cell();
}
