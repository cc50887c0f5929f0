import type { AnyNode } from 'acorn';
import { bundleScript, scriptInvalid, type Bundle, type ScriptSource } from './bundle.js';
import { analyseEffects, type BlockingCode } from './effect-analysis.js';
import type { CompiledScript } from './compiled-script.js';
import { SourcePositions } from './source-positions.js';
import { analysePointsTo } from './points-to/analyse-points-to.js';
import { findUnsupportedCalls } from './unsupported-calls.js';
import { Edits } from './rewrite/edits.js';
import { rewriteFunctions } from './rewrite/rewrite-functions.js';
import { rewriteGlobals } from './rewrite/rewrite-globals.js';
import { rewriteInterruption, rewriteJobs, rewriteSites, chooseNames } from './rewrite/rewrite-sites.js';
import { rewriteModule } from './rewrite/rewrite-module.js';
import { isType, ownerOf, parseSyntax, type Syntax } from './syntax.js';
import { composeMaps } from './compose-maps.js';

/**
 * Compiles a script so that hundreds of virtual users can share one thread.
 *
 * k6's `sleep`, `http.get` and `ws.connect` look synchronous, but one thread serves many virtual
 * users, so each of them must become an `await`. An `await` is only legal in an async function, and
 * an async function has to be awaited by its callers, and so on up to the entry point. Making
 * everything async would be slow and would change what scripts observe. Therefore the compiler
 * finds out which functions can block, and rewrites only those:
 *
 * 1. `bundle.ts`: esbuild puts the script and its modules into one file.
 * 2. `syntax.ts`: acorn parses it, eslint-scope binds names to variables.
 * 3. `points-to/`: a points-to analysis finds which functions each call may call.
 * 4. `effect-analysis.ts`: the "blocks" effect spreads from k6's functions to all callers.
 * 5. `unsupported-calls.ts`: blocking calls where JavaScript does not allow an `await` become errors.
 * 6. `rewrite/`: blocking functions become async, and blocking calls are awaited.
 * 7. `source-positions.ts`: the source map leads from the result back to the user's files.
 *
 * `note` receives a sentence for each approximation that a large script made necessary. Throws
 * `script.invalid` with all problems, each with the file, line and column in the user's source.
 */
export async function compileScript(
  source: ScriptSource,
  note: (sentence: string) => void = () => undefined,
): Promise<CompiledScript> {
  const bundle = await bundleScript(source);
  const positions = new SourcePositions(bundle.code, bundle);
  const syntax = parseSyntax(bundle.code);
  const blocking = analyseEffects(await analysePointsTo(syntax, bundle.sections, note));
  const refusals = findUnsupportedCalls(blocking);
  if (refusals.length > 0) {
    throw scriptInvalid(
      refusals.map(({ node, reason }) => `${positions.describe(node.start)}: blocking call: ${reason}`),
    );
  }
  const { code, map, modules, globals } = rewrite(bundle, blocking, positions);
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
  blocking: BlockingCode,
  positions: SourcePositions,
): { code: string; map: string; modules: readonly string[]; globals: readonly string[] } {
  const { syntax } = blocking.analysis;
  const names = chooseNames(code);
  const edits = new Edits(code, syntax.program);
  const rewriting = { code, edits, names, blocking };
  const { imports, exports, modules } = rewriteModule(rewriting, positions);
  rewriteSites(rewriting);
  rewriteFunctions(rewriting);
  rewriteJobs(rewriting);
  rewriteInterruption(rewriting);
  const globals = rewriteGlobals(rewriting);
  const parameters = [names.guard, names.waiting, names.scope, ...globals].join(', ');
  const isAsync = blocking.functions.has(syntax.program) || hasTopLevelAwait(syntax);
  const head = isAsync ? `async function () { ${names.guard}.waits = true;` : 'function () {';
  const global = syntax.mayChangeGlobal ? `const ${names.global} = ${names.scope}.globalObject; ` : '';
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
