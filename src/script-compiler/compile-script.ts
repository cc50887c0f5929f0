import type { AnyNode } from 'acorn';
import { bundleScript, scriptInvalid, type Bundle, type ScriptSource } from './bundle.js';
import { colourFlow, type Colours } from './colour.js';
import type { CompiledScript } from './compiled-script.js';
import { composeMaps, SourcePositions } from './source-positions.js';
import { analyseFlow } from './flow/analyse-flow.js';
import { findRefusals } from './refusals.js';
import { Edits } from './rewrite/edits.js';
import { rewriteFunctions } from './rewrite/rewrite-functions.js';
import { rewriteGlobals } from './rewrite/rewrite-globals.js';
import { rewriteInterruption, rewriteJobs, rewriteSites, chooseNames } from './rewrite/rewrite-sites.js';
import { rewriteModule } from './rewrite/rewrite-module.js';
import { isType, ownerOf, parseSyntax, type Syntax } from './syntax.js';

/**
 * Bundles a script and rewrites it so that hundreds of virtual users of one thread can run it: what
 * may block waits, everything else stays as it is. `note` hears of shortcuts that a large script
 * made necessary. Throws `script.invalid` with every problem, each with the user's file, line and
 * column.
 */
export async function compileScript(
  source: ScriptSource,
  note: (sentence: string) => void = () => undefined,
): Promise<CompiledScript> {
  const bundle = await bundleScript(source);
  const positions = new SourcePositions(bundle.code, bundle);
  const syntax = parseSyntax(bundle.code);
  const colours = colourFlow(await analyseFlow(syntax, bundle.sections, note));
  const refusals = findRefusals(colours);
  if (refusals.length > 0) {
    throw scriptInvalid(
      refusals.map(({ node, reason }) => `${positions.describe(node.start)}: a call that blocks: ${reason}`),
    );
  }
  const { code, map, modules, globals } = rewrite(bundle, colours, positions);
  return {
    path: source.path,
    code,
    sourceMap: composeMaps(map, bundle.map),
    globals,
    modules,
    remote: bundle.remote,
    files: positions.files,
  };
}

function rewrite(
  { code }: Bundle,
  colours: Colours,
  positions: SourcePositions,
): { code: string; map: string; modules: readonly string[]; globals: readonly string[] } {
  const { syntax } = colours.flow;
  const names = chooseNames(code);
  const edits = new Edits(code, syntax.program);
  const rewriting = { code, edits, names, colours };
  const { imports, exports, modules } = rewriteModule(rewriting, positions);
  rewriteSites(rewriting);
  rewriteFunctions(rewriting);
  rewriteJobs(rewriting);
  rewriteInterruption(rewriting);
  const globals = rewriteGlobals(rewriting);
  const parameters = [names.guard, names.waiting, names.scope, ...globals].join(', ');
  const isAsync = colours.owners.has(syntax.program) || hasTopLevelAwait(syntax);
  const head = isAsync ? `async function () { ${names.guard}.waits = true;` : 'function () {';
  const global = syntax.opensGlobal ? `const ${names.global} = ${names.scope}.globalObject; ` : '';
  const finished = edits.finish(
    `(function (${parameters}) { "use strict"; return ${head} ${global}${imports.join(' ')}\n`,
    `\nreturn { ${exports.join(', ')} };\n}; })`,
  );
  return { code: finished.code, map: finished.map.toString(), modules, globals };
}

function hasTopLevelAwait(syntax: Syntax): boolean {
  const waits = (node: AnyNode): boolean =>
    isType(node, 'AwaitExpression') || (isType(node, 'ForOfStatement') && node.await);
  return syntax.nodes.some((node) => waits(node) && ownerOf(syntax, node) === syntax.program);
}
