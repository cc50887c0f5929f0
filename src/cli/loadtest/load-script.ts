import { text } from 'node:stream/consumers';
import { WsgError } from '../../core/error.js';
import { remoteModulesFolder, RemoteModules, Script, type ScriptLogLine } from '../../loadgen/index.js';

/** The script argument of a load test, and its environment. */
export interface ScriptInvocation {
  readonly args: readonly string[];
  /** `-e KEY=VALUE`, which overrides the system's environment. */
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly systemEnv: Readonly<NodeJS.ProcessEnv>;
  /** Whether `__ENV` includes the system's environment. */
  readonly passesEnv: boolean;
  readonly log: (line: ScriptLogLine) => void;
  /** Whether it may import from http(s) URLs. */
  readonly allowsRemote: boolean;
}

/**
 * Loads the script that the arguments name; undefined without one. k6's `run` in front is accepted;
 * `-` is standard input.
 */
export async function loadScriptArgument({
  args,
  scriptEnv,
  systemEnv,
  passesEnv,
  log,
  allowsRemote,
}: ScriptInvocation): Promise<Script | undefined> {
  const [path] = args[0] === 'run' ? args.slice(1) : args;
  if (path === undefined) return undefined;
  if (path.endsWith('.tar')) {
    throw new WsgError('script.unreadable', `${path} is an archive of k6, which wsg cannot run.`, {
      hint: 'Unpack it with tar and name its script.',
    });
  }
  const source = path === '-' ? { path, source: await text(process.stdin) } : { path };
  const remote = new RemoteModules(remoteModulesFolder(systemEnv), (sentence) =>
    log({ level: 'info', text: sentence }),
  );
  return Script.load({
    ...source,
    env: { ...(passesEnv && definedOnly(systemEnv)), ...scriptEnv },
    log,
    ...(allowsRemote && { resolveRemote: (address: string) => remote.load(address) }),
  });
}

function definedOnly(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
