import { isType, type NodeOf } from '../syntax.js';
import type { Cell } from './cell.js';
import { assignTo } from './patterns.js';
import { awaited } from './visit-expressions.js';
import type { Visitor, Visits } from './visitor.js';

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

/** What a script exports is called by the engine; bundled code has one such list and no declaration in it. */
function visitExports(node: NodeOf<'ExportNamedDeclaration'>, visitor: Visitor): Cell {
  for (const { local } of node.specifiers) visitor.flow.handOver(visitor.value(local));
  return visitor.flow.cell();
}

/** A CommonJS script is bundled as `export default require_script()`: everything in its `module.exports` is called by the engine. */
function visitCommonJsEntry(node: NodeOf<'ExportDefaultDeclaration'>, visitor: Visitor): Cell {
  visitor.flow.handOver(visitor.value(node.declaration));
  return visitor.flow.cell();
}
