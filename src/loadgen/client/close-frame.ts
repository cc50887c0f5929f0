import { randomBytes } from 'node:crypto';

const NO_CODE = 1005;
const MAX_REASON_BYTES = 123;
const FINAL_CLOSE = 0x88;
const MASKED = 0x80;

/**
 * Whether RFC 6455 (section 7.4) lets an endpoint close with this code and reason; `ws` throws for
 * any other.
 */
export function mayBeSent(code: number, reason: string): boolean {
  if (!Number.isInteger(code) || Buffer.byteLength(reason) > MAX_REASON_BYTES) return false;
  return (code >= 1000 && code <= 1014 && ![1004, NO_CODE, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}

/**
 * A client's close frame with any code, of which 16 bits go out; a reason that is too long for a
 * control frame is cut.
 */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = code === NO_CODE ? Buffer.alloc(0) : Buffer.concat([codeBytes(code), shortened(reason)]);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([FINAL_CLOSE, MASKED | payload.length]), mask, masked]);
}

function codeBytes(code: number): Buffer {
  const bytes = Buffer.alloc(2);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(0, Number(BigInt.asUintN(16, BigInt(Math.trunc(code)))));
  return bytes;
}

/** At most 123 bytes of whole characters. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.from(reason);
  let end = Math.min(bytes.length, MAX_REASON_BYTES);
  // Bytes that go on a character begin with 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
