import { bytesOf, toArrayBuffer, wrongType } from '../runtime/values.js';

const ENCODINGS = ['std', 'rawstd', 'url', 'rawurl'];
const STANDARD = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/;
const URL_SAFE = /^[A-Za-z0-9_\-\r\n]*={0,2}[\r\n]*$/;

/** The module `k6/encoding`. */
export function createEncodingModule(): object {
  return { b64encode, b64decode };
}

function b64encode(input: unknown, encoding: unknown = 'std'): string {
  const bytes = bytesOf(input);
  if (bytes === undefined) throw wrongType('b64encode()', input, 'a string or an ArrayBuffer');
  const kind = encodingOf(encoding);
  const text = kind.endsWith('url') ? bytes.toString('base64url') : bytes.toString('base64').replace(/=+$/, '');
  return kind.startsWith('raw') ? text : text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

function b64decode(input: unknown, encoding: unknown = 'std', format: unknown = 'b'): string | ArrayBuffer {
  if (typeof input !== 'string') throw wrongType('b64decode()', input, 'a string');
  const kind = encodingOf(encoding);
  const digits = input.replace(/[\r\n]/g, '');
  const isPadded = !kind.startsWith('raw');
  const fits = (kind.endsWith('url') ? URL_SAFE : STANDARD).test(digits);
  const isWhole = isPadded ? digits.length % 4 === 0 : !digits.includes('=') && digits.length % 4 !== 1;
  if (!fits || !isWhole) throw new Error(`b64decode(): the input is not valid base64 for the encoding '${kind}'`);
  const bytes = Buffer.from(digits, 'base64');
  return format === 's' ? bytes.toString('utf8') : toArrayBuffer(bytes);
}

/** k6 treats an unknown encoding as the standard one. */
function encodingOf(encoding: unknown): string {
  return ENCODINGS.find((known) => known === encoding) ?? 'std';
}
