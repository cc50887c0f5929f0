import { text } from 'node:stream/consumers';
import { WsgError } from '../../core/error.js';
import {
  preflight,
  remoteModulesFolder,
  RemoteModules,
  Script,
  type Plan,
  type ScriptLogLine,
} from '../../loadgen/index.js';

/**
 * Throws `preflight.refused` when the machine has no room for a plan; where it `isWaived`, gives
 * the same as sentences.
 */
export function checkRoom(plan: Plan, isWaived: boolean): readonly string[] {
  const shortages = preflight(plan).map(({ problem, remedy }) => `${problem}. To fix it: ${remedy}`);
  if (isWaived || shortages.length === 0) return shortages;
  throw new WsgError('preflight.refused', 'This machine has no room for the load.', {
    problems: shortages,
    hint: 'With --no-preflight it starts all the same.',
  });
}

/** What decides on the script of a load test. */
export interface ScriptInvocation {
  readonly args: readonly string[];
  /** `-e KEY=VALUE`; wins over the system's. */
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly systemEnv: Readonly<NodeJS.ProcessEnv>;
  /** Whether `__ENV` has the system's, too. */
  readonly passesEnv: boolean;
  readonly log: (line: ScriptLogLine) => void;
  /** Whether it may import from http(s) addresses. */
  readonly allowsRemote: boolean;
}

/**
 * Loads the script that the arguments name; undefined when they name none. k6's `run` in front is
 * accepted, `-` is standard input.
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
    throw new WsgError('script.unreadable', `${path} is an archive of k6, and wsg runs scripts.`, {
      hint: 'Unpack it with tar and name the script in it.',
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
