/**
 * How long a peer may take to read what is buffered, answer a close frame and go, before it is cut.
 */
export const CLOSE_TIMEOUT_MS = 5_000;

const MAX_REASON_BYTES = 123;

/** The reason cut to what a close frame can carry, at a character boundary. */
export function fitCloseReason(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  const bytes = Buffer.from(reason);
  let end = MAX_REASON_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
