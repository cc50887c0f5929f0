import { NODE_ONLY_GLOBALS } from '../runtime/script-scope.js';

/** Globals that belong to one virtual user, or that only Node has: a compiled script takes those that it uses as parameters. */
export const RUNTIME_GLOBALS: readonly string[] = [
  'console',
  'open',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'globalThis',
  'global',
  'Math',
  'crypto',
  'require',
  ...NODE_ONLY_GLOBALS,
];
