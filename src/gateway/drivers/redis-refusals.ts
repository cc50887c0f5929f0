import type { RedisError } from './redis-error.js';

/** True when this command was refused for its key or its value, whatever happens elsewhere. Everything else (OOM, LOADING, READONLY, MISCONF...) is about Redis. */
export function isRefusedForGood(error: RedisError): boolean {
  const { code, message } = error;
  return (
    isRefusedStream(error) ||
    (code === 'ERR' && /Protocol error: invalid bulk length|too large|exceeds maximum/i.test(message))
  );
}

/** What Redis says of itself or of our user, whatever the command: no event is at fault. */
const ABOUT_SERVER: ReadonlySet<string> = new Set([
  'OOM',
  'LOADING',
  'READONLY',
  'MISCONF',
  'NOREPLICAS',
  'MASTERDOWN',
  'BUSY',
  'NOAUTH',
  'NOPERM',
  'CLUSTERDOWN',
]);

/** False for what may be about one command, such as the end of a stream's ids. */
export function isAboutServer({ code }: RedisError): boolean {
  return ABOUT_SERVER.has(code);
}

/** True for the key: it holds another type, or is forbidden to us. Both may change. */
export function isRefusedStream({ code, message }: RedisError): boolean {
  if (code === 'WRONGTYPE') return true;
  // `NOPERM this user has no permissions to run the 'xadd' command` is about us and not about the key.
  return code === 'NOPERM' && /key/i.test(message) && !/run the/i.test(message);
}
