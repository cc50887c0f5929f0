// Writes uPlot from node_modules into src/summary/page/uplot-assets.ts, or into the file that is
// named, so that pages need neither a network nor a dependency.
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

const TARGET = new URL('../src/summary/page/uplot-assets.ts', import.meta.url);

/** The text of the module. */
async function embedUplot() {
  const [script, style, manifest] = await Promise.all(
    [
      import.meta.resolve('uplot/dist/uPlot.iife.min.js'),
      import.meta.resolve('uplot/dist/uPlot.min.css'),
      import.meta.resolve('uplot/package.json'),
    ].map((url) => readFile(new URL(url), 'utf8')),
  );
  const { version, license } = JSON.parse(manifest);
  const text = `// uPlot ${version} (${license}), made by scripts/embed-uplot.mjs.
/** uPlot's script; it defines \`uPlot\`. */
export const UPLOT_SCRIPT = ${JSON.stringify(script)};
/** uPlot's style sheet. */
export const UPLOT_STYLE = ${JSON.stringify(style)};
`;
  return format(text, { ...(await resolveConfig(TARGET)), parser: 'typescript' });
}

await writeFile(process.argv[2] ?? TARGET, await embedUplot());
