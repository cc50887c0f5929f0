import type { AnyNode } from 'acorn';
import type { BundleSection } from '../bundle-sections.js';
import { isType } from '../syntax.js';
import type { PointsToSet } from './points-to-set.js';
import type { PointsToAnalysis } from './points-to-analysis.js';
import { assignTo } from './patterns.js';
import type { Visitor } from './visitor.js';

/** Whether an offset is in a section of a library. */
export function isInLibrary(sections: readonly BundleSection[], offset: number): boolean {
  return sections.findLast(({ start }) => start <= offset)?.isLibrary ?? false;
}

/**
 * Models a statement of a library without analysing it: everything that it declares is the abstract
 * library object.
 */
export function visitLibraryStatement(statement: AnyNode, visitor: Visitor): void {
  const { analysis } = visitor;
  const library = analysis.setOf(analysis.library);
  for (const name of declaredNames(statement)) assignTo(name, library, visitor);
}

function declaredNames(statement: AnyNode): AnyNode[] {
  if (isType(statement, 'VariableDeclaration')) return statement.declarations.map(({ id }) => id);
  const isNamed = isType(statement, 'FunctionDeclaration') || isType(statement, 'ClassDeclaration');
  return isNamed && statement.id !== null ? [statement.id] : [];
}

/**
 * Returns the functions that reach a library through arguments, also inside objects. They must not
 * block, because the library does not await them.
 */
export function givenFunctions(analysis: PointsToAnalysis, args: readonly PointsToSet[]): PointsToSet {
  const given = analysis.setOf();
  for (const arg of args) {
    arg.flowTo(given);
    arg.onEach((object) => object.kind !== 'unknown' && object.kind !== 'function' && object.all.flowTo(given));
  }
  return given;
}
