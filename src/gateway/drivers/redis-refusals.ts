import type { RedisError } from './redis-error.js';

/**
 * True when Redis will never do this, whatever happens elsewhere: the key holds another type, is forbidden to us, or the
 * value is too large. Everything else (OOM, LOADING, READONLY, MISCONF...) passes, or is mended by the operator.
 */
export function isRefusedForGood({ code, message }: RedisError): boolean {
  if (code === 'WRONGTYPE') return true;
  // `NOPERM this user has no permissions to run the 'xadd' command` is about us and not about the key.
  if (code === 'NOPERM') return /key/i.test(message) && !/run the/i.test(message);
  return code === 'ERR' && /Protocol error: invalid bulk length|too large|exceeds maximum/i.test(message);
}
