import { readFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import {
  build,
  type BuildFailure,
  type BuildOptions,
  type Message,
  type OnResolveArgs,
  type OnResolveResult,
  type Plugin,
  type PluginBuild,
} from 'esbuild';
import { WsgError, errorMessage, systemErrorCode } from '../core/error.js';
import { bundleSections, type BundleSection } from './bundle-sections.js';
import { isK6Name, isRemote, JSLIB_LIBRARIES, jslibLibrary, K6_MODULES } from './module-names.js';

/**
 * Returns an error with all problems of a script. Each problem begins with file, line and column.
 */
export function scriptInvalid(problems: readonly string[], cause?: unknown): WsgError {
  const [first] = problems;
  const message = problems.length === 1 && first !== undefined ? first : `The script has ${problems.length} problems`;
  return new WsgError('script.invalid', message, { problems: problems.length === 1 ? [] : problems, cause });
}

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

/** One JavaScript file that contains everything except external modules. */
export interface Bundle {
  readonly code: string;
  readonly map: string;
  readonly folder: string;
  readonly remote: readonly string[];
  /** The files in `code`, in order of their position. */
  readonly sections: readonly BundleSection[];
}

const LOADERS: BuildOptions['loader'] = { '.cjs': 'js', '.mjs': 'js', '.es6': 'js', '.txt': 'text' };
const KNOWN_EXTENSIONS = ['.js', '.cjs', '.mjs', '.es6', '.ts', '.mts', '.cts', '.jsx', '.tsx'];

/**
 * Bundles the script, its local modules, npm packages, TypeScript and JSON into one file. Optional
 * chains are lowered, because an `await` inside one would change what it skips.
 */
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

/**
 * Passes the entry as a file, so that cyclic imports find it. Passes it as text where esbuild would
 * not know the extension.
 */
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
    const reason = systemErrorCode(error) === 'ENOENT' ? 'the file does not exist' : errorMessage(error);
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

const REMOTE = 'wsg-remote';
/** Marks a resolution that this plugin started: esbuild asks every plugin again. */
const IS_RESOLVING = Symbol('resolving');

/**
 * Decides on each import that does not name a local file: external, fetched, or refused with a
 * message. Fetched addresses are added to `remote`.
 */
export function scriptImports(resolveRemote: ScriptSource['resolveRemote'], remote: string[]): Plugin {
  return {
    name: 'wsg-script-imports',
    setup(builder) {
      builder.onResolve({ filter: /^k6($|\/)/ }, (args) => resolveK6(args));
      builder.onResolve({ filter: /^https?:\/\// }, (args) => resolveAddress(args.path, resolveRemote !== undefined));
      builder.onResolve({ filter: /.*/, namespace: REMOTE }, (args) =>
        resolveInRemote(args, resolveRemote !== undefined),
      );
      builder.onResolve({ filter: /^[^./]/ }, (args) => resolveRequired(args, builder));
      builder.onLoad({ filter: /.*/, namespace: REMOTE }, async ({ path }) => {
        if (resolveRemote === undefined) return undefined;
        try {
          const { contents } = await resolveRemote(path);
          if (!remote.includes(path)) remote.push(path);
          return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
        } catch (error) {
          return { errors: [{ text: `The remote module ${path} cannot be fetched: ${errorMessage(error)}` }] };
        }
      });
    },
  };
}

/** Libraries require Node's modules when they detect Node. Such a call throws only when it runs. */
async function resolveRequired(args: OnResolveArgs, builder: PluginBuild): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, namespace, resolveDir } = args;
  if (kind !== 'require-call' || args.pluginData === IS_RESOLVING) return undefined;
  const found = await builder.resolve(path, { kind, importer, namespace, resolveDir, pluginData: IS_RESOLVING });
  return found.errors.length > 0 ? { path, external: true } : undefined;
}

function resolveK6({ path }: OnResolveArgs): OnResolveResult {
  if (K6_MODULES.includes(path)) return { path, external: true };
  return { errors: [{ text: `The module '${path}' is not supported; supported are ${K6_MODULES.join(', ')}` }] };
}

function resolveAddress(address: string, isAllowed: boolean): OnResolveResult {
  if (jslibLibrary(address) !== undefined) return { path: address, external: true };
  if (isAllowed) return { path: address, namespace: REMOTE };
  const libraries = JSLIB_LIBRARIES.join(', ');
  const text = `The remote import ${address} requires --allow-remote-imports; of jslib.k6.io, ${libraries} are built in`;
  return { errors: [{ text }] };
}

function resolveInRemote(args: OnResolveArgs, isAllowed: boolean): OnResolveResult | undefined {
  if (isK6Name(args.path) || isRemote(args.path)) return undefined;
  return resolveAddress(new URL(args.path, args.importer).href, isAllowed);
}
