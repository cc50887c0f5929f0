import { isType, type NodeOf, type Syntax } from '../syntax.js';
import { markFiles } from './mark-files.js';
import type { SourcePositions } from '../source-positions.js';
import type { Rewriting } from './rewrite-sites.js';

/** What makes a function of a module. */
export interface ModuleFrame {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Names of the external modules. */
  readonly modules: readonly string[];
}

/** Takes imports and exports out of the text, and replaces `import.meta`, which a function has not. */
export function rewriteModule(rewriting: Rewriting, positions: SourcePositions): ModuleFrame {
  const { edits, names, colours } = rewriting;
  const { syntax } = colours.flow;
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
  for (const node of rewriting.colours.flow.syntax.program.body) {
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

/** A CommonJS script is bundled as `export default require_script()`: what is in its `module.exports` is what it exports. */
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
