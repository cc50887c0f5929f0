import { readFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { type BuildFailure, type BuildOptions, type Message, build } from 'esbuild';
import { errorMessage, systemErrorCode, WsgError } from '../../../core/error.js';
import { type BundleSection, bundleSections } from './bundle-sections.js';
import { scriptImports } from './script-imports.js';
import { scriptInvalid } from './script-problem.js';

/** The text of a remote module. */
export interface RemoteModule {
  readonly contents: string;
}

/** A script to compile. */
export interface ScriptSource {
  /** Path of the entry, or `-` with `source` from standard input. */
  readonly path: string;
  readonly source?: string;
  /** Fetches a remote module; without it remote imports are refused. */
  readonly resolveRemote?: (address: string) => Promise<RemoteModule>;
}

/** One file of JavaScript with everything in it but external modules. */
export interface Bundle {
  readonly code: string;
  readonly map: string;
  readonly folder: string;
  readonly remote: readonly string[];
  /** The files in `code`, in the order of the text. */
  readonly sections: readonly BundleSection[];
}

const LOADERS: BuildOptions['loader'] = { '.cjs': 'js', '.mjs': 'js', '.es6': 'js', '.txt': 'text' };
const KNOWN_EXTENSIONS = ['.js', '.cjs', '.mjs', '.es6', '.ts', '.mts', '.cts', '.jsx', '.tsx'];

/** Bundles the script, its local modules, npm packages, TypeScript and JSON into one text. Optional chains come lowered: an `await` inside one would break it. */
export async function bundleScript(source: ScriptSource): Promise<Bundle> {
  const folder = source.path === '-' ? process.cwd() : dirname(resolve(source.path));
  const remote: string[] = [];
  try {
    const built = await build({
      ...entryOf(source, folder),
      absWorkingDir: folder,
      outfile: resolve(folder, 'wsg-script.js'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import', 'module'],
      target: 'es2022',
      supported: { 'optional-chain': false, using: false },
      sourcemap: 'external',
      metafile: true,
      sourcesContent: false,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      define: { 'process.env.NODE_ENV': '"production"' },
      loader: LOADERS,
      plugins: [scriptImports(source.resolveRemote, remote)],
    });
    const text = (end: string): string => built.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
    const code = text('.js');
    return { code, map: text('.map'), folder, remote, sections: bundleSections(code, folder, built.metafile) };
  } catch (error) {
    throw bundleError(error);
  }
}

/** The entry as a file, so that cyclic imports find it; as text where esbuild would not know the extension. */
function entryOf({ path, source }: ScriptSource, folder: string): BuildOptions {
  if (source === undefined && KNOWN_EXTENSIONS.includes(extname(path))) {
    readEntry(path);
    return { entryPoints: [resolve(path)] };
  }
  const contents = source ?? readEntry(path);
  const sourcefile = path === '-' ? '-' : basename(path);
  return { stdin: { contents, resolveDir: folder, sourcefile, loader: extname(path) === '.ts' ? 'ts' : 'js' } };
}

function readEntry(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? 'there is no such file' : errorMessage(error);
    throw new WsgError('script.unreadable', `The script ${path} cannot be read: ${reason}`, { cause: error });
  }
}

function bundleError(error: unknown): unknown {
  if (!isBuildFailure(error)) return error;
  return scriptInvalid(error.errors.map(messageProblem), error);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function messageProblem({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
