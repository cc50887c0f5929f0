import type { BrokenBy } from '../../../client/connection.js';

/** Names of close codes (RFC 6455, section 7.4.1) in k6's spelling. */
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

/** Returns k6's text for `error` handlers after an unexpected close. */
export function closeText(code: number, reason: string): string {
  const name = NAMES.get(code);
  const why = code === ABNORMAL ? 'unexpected EOF' : reason;
  return `websocket: close ${code}${name === undefined ? '' : ` (${name})`}${why === '' ? '' : `: ${why}`}`;
}

/** Whether a close from the peer is only reported to `close` handlers. */
export function isExpectedClose(code: number): boolean {
  return code === 1000 || code === 1001;
}

/**
 * Returns k6/ws's text for a connection that broke without a close frame: k6 sends a close itself,
 * which may fail.
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
