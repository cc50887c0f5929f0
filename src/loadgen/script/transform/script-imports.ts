import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { errorMessage } from '../../../core/error.js';
import { isK6Name, isRemote, JSLIB_LIBRARIES, jslibLibrary, K6_MODULES } from './module-names.js';
import type { ScriptSource } from './bundle.js';

const REMOTE = 'wsg-remote';
/** Marks a question of ours to esbuild, which asks all plugins. */
const IS_RESOLVING = Symbol('resolving');

/** Decides on each import that is no file: external, fetched, or refused with a sentence. Fetched addresses are added to `remote`. */
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

/** Libraries require modules of Node where they find themselves in Node: such a call throws only when it is made. */
async function resolveRequired(args: OnResolveArgs, builder: PluginBuild): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, namespace, resolveDir } = args;
  if (kind !== 'require-call' || args.pluginData === IS_RESOLVING) return undefined;
  const found = await builder.resolve(path, { kind, importer, namespace, resolveDir, pluginData: IS_RESOLVING });
  return found.errors.length > 0 ? { path, external: true } : undefined;
}

function resolveK6({ path }: OnResolveArgs): OnResolveResult {
  if (K6_MODULES.includes(path)) return { path, external: true };
  return { errors: [{ text: `There is no module ${path} here; there are ${K6_MODULES.join(', ')}` }] };
}

function resolveAddress(address: string, isAllowed: boolean): OnResolveResult {
  if (jslibLibrary(address) !== undefined) return { path: address, external: true };
  if (isAllowed) return { path: address, namespace: REMOTE };
  const libraries = JSLIB_LIBRARIES.join(', ');
  const text = `The remote import ${address} works only with --allow-remote-imports; of jslib.k6.io, ${libraries} are built in`;
  return { errors: [{ text }] };
}

function resolveInRemote(args: OnResolveArgs, isAllowed: boolean): OnResolveResult | undefined {
  if (isK6Name(args.path) || isRemote(args.path)) return undefined;
  return resolveAddress(new URL(args.path, args.importer).href, isAllowed);
}
