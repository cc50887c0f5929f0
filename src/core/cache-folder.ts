import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder in the user's cache that is ours (XDG Base Directory Specification); it need not exist. */
export function cacheFolder(env: Readonly<NodeJS.ProcessEnv>): string {
  const named = env['XDG_CACHE_HOME'];
  return join(named === undefined || named === '' ? join(homedir(), '.cache') : named, 'wsg');
}
