import type { BrokenBy } from '../../../client/connection.js';

/** Names of close codes (RFC 6455, section 7.4.1) as k6 writes them. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1000, 'normal'],
  [1001, 'going away'],
  [1002, 'protocol error'],
  [1003, 'unsupported data'],
  [1005, 'no status'],
  [1006, 'abnormal closure'],
  [1007, 'invalid payload data'],
  [1008, 'policy violation'],
  [1009, 'message too big'],
  [1010, 'mandatory extension missing'],
  [1011, 'internal server error'],
]);
const ABNORMAL = 1006;

/** What k6 tells `error` handlers of a close that was not to be expected. */
export function closeText(code: number, reason: string): string {
  const name = NAMES.get(code);
  const why = code === ABNORMAL ? 'unexpected EOF' : reason;
  return `websocket: close ${code}${name === undefined ? '' : ` (${name})`}${why === '' ? '' : `: ${why}`}`;
}

/** Whether a close of the peer is told to `close` handlers alone. */
export function isExpectedClose(code: number): boolean {
  return code === 1000 || code === 1001;
}

/**
 * What `k6/ws` tells of a connection that did not end with a close: it closes itself, and that may
 * fail.
 */
export function brokenText(broken: BrokenBy, address: string): string | undefined {
  switch (broken) {
    case 'frame':
      return 'websocket: close sent';
    case 'reset':
      return `write tcp ${address}: write: broken pipe`;
    case 'message':
      return undefined;
  }
}
