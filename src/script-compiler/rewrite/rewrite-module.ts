import type { SourcePositions } from '../source-positions.js';
import { isFunctionNode, isType, ownerOf, type FunctionNode, type Syntax, type NodeOf } from '../syntax.js';
import type { Rewriting } from './rewrite-sites.js';

/** Marks which file's top level is running, for scripts that open files. */
export function markFiles({ edits, names, blocking }: Rewriting, positions: SourcePositions): void {
  const { syntax } = blocking.analysis;
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

/** Returns the body and the file of a function that esbuild created for a CommonJS file. */
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

/** Whether a function is the argument of `__commonJS({ path(exports, module) {} })` or `__esm`. */
function isModuleFunction(fn: FunctionNode, syntax: Syntax): boolean {
  const property = syntax.parents.get(fn);
  const object = property === undefined ? undefined : syntax.parents.get(property);
  const call = object === undefined ? undefined : syntax.parents.get(object);
  if (call === undefined || !isType(call, 'CallExpression') || !isType(call.callee, 'Identifier')) return false;
  return /^__(commonJS|esm)/.test(call.callee.name) && ownerOf(syntax, fn) === syntax.program;
}

/** Imports and exports of a module, as lines of the function that replaces it. */
export interface ModuleFrame {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Names of the external modules. */
  readonly modules: readonly string[];
}

/**
 * Removes imports and exports from the text, and replaces `import.meta`, which does not exist in a
 * function.
 */
export function rewriteModule(rewriting: Rewriting, positions: SourcePositions): ModuleFrame {
  const { edits, names, blocking } = rewriting;
  const { syntax } = blocking.analysis;
  const frame = takeDeclarations(rewriting);
  for (const node of importMetas(syntax)) {
    edits.replace(node.start, node.end, `${names.scope}.meta(${positions.fileAt(node.start) ?? 0})`);
  }
  markFiles(rewriting, positions);
  return frame;
}

function importMetas(syntax: Syntax): NodeOf<'MetaProperty'>[] {
  return syntax.nodes.filter((node) => isType(node, 'MetaProperty')).filter(({ meta }) => meta.name === 'import');
}

function takeDeclarations(rewriting: Rewriting): ModuleFrame {
  const imports: string[] = [];
  const exports: string[] = [];
  const modules = new Set<string>();
  for (const node of rewriting.blocking.analysis.syntax.program.body) {
    if (isType(node, 'ImportDeclaration')) imports.push(...importLines(node, rewriting));
    else if (isType(node, 'ExportNamedDeclaration')) exports.push(...exportEntries(node, rewriting));
    else if (isType(node, 'ExportAllDeclaration')) exports.push(`...${imported(rewriting, node, '*')}`);
    else {
      if (isType(node, 'ExportDefaultDeclaration')) exports.push(commonJsEntry(node, rewriting));
      continue;
    }
    rewriting.edits.remove(node);
    if (node.source !== null && node.source !== undefined) modules.add(String(node.source.value));
  }
  return { imports, exports, modules: [...modules] };
}

/**
 * esbuild bundles a CommonJS script as `export default require_script()`: the properties of its
 * `module.exports` are the exports.
 */
function commonJsEntry(
  { start, declaration }: NodeOf<'ExportDefaultDeclaration'>,
  { edits, names }: Rewriting,
): string {
  edits.replace(start, declaration.start, `const ${names.entry} = `);
  return `...${names.scope}.commonJs(${names.entry})`;
}

function imported({ names }: Rewriting, node: { readonly source: NodeOf<'Literal'> }, name: string): string {
  return `${names.scope}.imported(${JSON.stringify(node.source.value)}, ${JSON.stringify(name)})`;
}

function nameOf(node: NodeOf<'Identifier'> | NodeOf<'Literal'>): string {
  return isType(node, 'Identifier') ? node.name : String(node.value);
}

function importLines(node: NodeOf<'ImportDeclaration'>, rewriting: Rewriting): string[] {
  return node.specifiers.map((specifier) => {
    const isNamespace = isType(specifier, 'ImportNamespaceSpecifier');
    const name = isType(specifier, 'ImportSpecifier') ? nameOf(specifier.imported) : isNamespace ? '*' : 'default';
    return `const ${specifier.local.name} = ${imported(rewriting, node, name)};`;
  });
}

function exportEntries(node: NodeOf<'ExportNamedDeclaration'>, rewriting: Rewriting): string[] {
  const { source } = node;
  return node.specifiers.map(({ local, exported }) => {
    const value =
      source === null || source === undefined ? nameOf(local) : imported(rewriting, { source }, nameOf(local));
    return `${JSON.stringify(nameOf(exported))}: ${value}`;
  });
}
