import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../core/error.js';

/** The options of a file, and where they stand. */
export interface LoadConfig {
  readonly path: string;
  readonly options: unknown;
}

/**
 * Reads the JSON file of `--config`, of WSG_CONFIG or K6_CONFIG, or k6's own; undefined when that one is not there. Throws
 * `options.invalid` when a named file cannot be read, or any is no JSON.
 */
export async function readLoadConfig(
  flag: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<LoadConfig | undefined> {
  const named = [flag, env.WSG_CONFIG, env.K6_CONFIG].find((path) => path !== undefined && path !== '');
  const path = named ?? defaultConfigPath(env);
  const text = await readText(path, named !== undefined);
  if (text === undefined) return undefined;
  try {
    const options: unknown = JSON.parse(text);
    return { path, options };
  } catch (cause) {
    throw new WsgError('options.invalid', `config: ${path} is no JSON: ${errorMessage(cause)}`, { cause });
  }
}

async function readText(path: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (!isNamed && systemErrorCode(cause) === 'ENOENT') return undefined;
    throw new WsgError('options.invalid', `config: ${path} cannot be read: ${errorMessage(cause)}`, { cause });
  }
}

/** Where k6 keeps its options: `k6/config.json` in the folder of the user's configurations. */
function defaultConfigPath(env: Readonly<NodeJS.ProcessEnv>): string {
  const named = env.XDG_CONFIG_HOME;
  const folder = named === undefined || named === '' ? join(homedir(), '.config') : named;
  return join(folder, 'k6', 'config.json');
}
