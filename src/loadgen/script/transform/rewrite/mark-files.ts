import type { SourcePositions } from '../source-positions.js';
import { type FunctionNode, isFunctionNode, isType, ownerOf, type Syntax } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';

/** Tells which file's top level runs, for scripts that open files. */
export function markFiles({ edits, names, colours }: Rewriting, positions: SourcePositions): void {
  const { syntax } = colours.flow;
  if (!syntax.globals.some(({ name }) => name === 'open')) return;
  let current: number | undefined;
  for (const node of syntax.program.body) {
    const file = positions.fileAt(node.start);
    if (file === undefined || file === current || /^(Import|Export|FunctionDecl)/.test(node.type)) continue;
    current = file;
    edits.wrap(node, `${names.scope}.enter(${file}); `, '');
  }
  for (const node of syntax.nodes) {
    const module = isFunctionNode(node) ? commonJsFile(node, syntax, positions) : undefined;
    if (module === undefined) continue;
    edits.insert(module.start + 1, ` ${names.scope}.push(${module.file});`);
    edits.insert(module.end - 1, `${names.scope}.pop(); `);
  }
}

/** The body and file of a function that esbuild made of a CommonJS file. */
function commonJsFile(
  fn: FunctionNode,
  syntax: Syntax,
  positions: SourcePositions,
): { start: number; end: number; file: number } | undefined {
  if (!isModuleFunction(fn, syntax) || !isType(fn.body, 'BlockStatement')) return undefined;
  const [first] = fn.body.body;
  const file = first === undefined ? undefined : positions.fileAt(first.start);
  return file === undefined ? undefined : { start: fn.body.start, end: fn.body.end, file };
}

/** `__commonJS({ path(exports, module) {} })`, and `__esm` alike. */
function isModuleFunction(fn: FunctionNode, syntax: Syntax): boolean {
  const property = syntax.parents.get(fn);
  const object = property === undefined ? undefined : syntax.parents.get(property);
  const call = object === undefined ? undefined : syntax.parents.get(object);
  if (call === undefined || !isType(call, 'CallExpression') || !isType(call.callee, 'Identifier')) return false;
  return /^__(commonJS|esm)/.test(call.callee.name) && ownerOf(syntax, fn) === syntax.program;
}
