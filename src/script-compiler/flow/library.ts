import type { AnyNode } from 'acorn';
import type { BundleSection } from '../bundle-sections.js';
import { isType } from '../syntax.js';
import type { Cell } from './cell.js';
import type { Flow } from './flow.js';
import { assignTo } from './patterns.js';
import type { Visitor } from './visitor.js';

/** The section that an offset is in, if it is one of a library. */
export function isInLibrary(sections: readonly BundleSection[], offset: number): boolean {
  return sections.findLast(({ start }) => start <= offset)?.isLibrary ?? false;
}

/**
 * Takes a statement of a library as it is seen from outside: all that it declares is the library's,
 * and nothing in it is looked at.
 */
export function visitLibraryStatement(statement: AnyNode, visitor: Visitor): void {
  const { flow } = visitor;
  const library = flow.cell(flow.library);
  for (const name of declaredNames(statement)) assignTo(name, library, visitor);
}

function declaredNames(statement: AnyNode): AnyNode[] {
  if (isType(statement, 'VariableDeclaration')) return statement.declarations.map(({ id }) => id);
  const isNamed = isType(statement, 'FunctionDeclaration') || isType(statement, 'ClassDeclaration');
  return isNamed && statement.id !== null ? [statement.id] : [];
}

/**
 * What must not be given to a library that was not looked into: functions that block, also inside
 * of objects.
 */
export function givenFunctions(flow: Flow, args: readonly Cell[]): Cell {
  const given = flow.cell();
  for (const arg of args) {
    arg.flowTo(given);
    arg.onEach((thing) => thing.kind !== 'unknown' && thing.kind !== 'function' && thing.all.flowTo(given));
  }
  return given;
}
