import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const DIST = new URL('../../dist/', import.meta.url).href;
/** Imports of TypeScript sources, for threads run what was built. */
const SOURCES = /(["'])(?:\.\.\/)+src\//g;

function toModule(code: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/**
 * The entry of a load thread that runs `lines` first. `modules` are TypeScript files whose exports
 * the lines may use; of the program's sources they may import anything.
 */
export async function threadEntry(modules: readonly URL[], lines: readonly string[]): Promise<URL> {
  const compiled = await Promise.all(
    modules.map(async (module) => {
      const { code } = await transform(await readFile(module, 'utf8'), { loader: 'ts', target: 'es2022' });
      return code.replaceAll(SOURCES, `$1${DIST}`);
    }),
  );
  const spread = compiled.map((code) => `...(await import(${JSON.stringify(toModule(code).href)}))`);
  return toModule(`
    const added = { ${spread.join(', ')} };
    const { EXECUTORS } = await import('${DIST}loadgen/executor/index.js');
    const { BUILT_INS } = await import('${DIST}loadgen/scenario/index.js');
    ${lines.join('\n')}
    await import('${DIST}loadgen/thread/worker.js');`);
}
