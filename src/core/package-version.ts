import { homedir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

/**
 * The folder of wsg in the user's cache (XDG Base Directory Specification), which may not exist.
 */
export function cacheFolder(env: Readonly<NodeJS.ProcessEnv>): string {
  const named = env['XDG_CACHE_HOME'];
  return join(named === undefined || named === '' ? join(homedir(), '.cache') : named, 'wsg');
}

/** The version of wsg, from its package.json; `unknown` without one. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof parsed !== 'object' || parsed === null || !('version' in parsed)) return 'unknown';
  return typeof parsed.version === 'string' ? parsed.version : 'unknown';
}
