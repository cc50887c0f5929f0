import type { RedisError } from './redis-error.js';

/** True when this command was refused for its key or its value, whatever happens elsewhere. Everything else (OOM, LOADING, READONLY, MISCONF...) is about Redis. */
export function isRefusedForGood(error: RedisError): boolean {
  const { code, message } = error;
  return (
    isRefusedStream(error) ||
    (code === 'ERR' && /Protocol error: invalid bulk length|too large|exceeds maximum/i.test(message))
  );
}

/** True for the key: it holds another type, or is forbidden to us. Both may change. */
export function isRefusedStream({ code, message }: RedisError): boolean {
  if (code === 'WRONGTYPE') return true;
  // `NOPERM this user has no permissions to run the 'xadd' command` is about us and not about the key.
  return code === 'NOPERM' && /key/i.test(message) && !/run the/i.test(message);
}
