import { isUtf8 } from 'node:buffer';

const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * Decodes a header value that has one character per byte: as UTF-8 where valid, else as latin-1
 * (RFC 9110 5.5 leaves the encoding open).
 */
export function headerText(latin1: string): string {
  if (!BEYOND_ASCII.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : latin1;
}

/**
 * Adds a header line. Repeated lines form a list (RFC 9110 5.3), those of `Cookie` one cookie
 * string (RFC 9113 8.2.3).
 */
export function addHeader(headers: Map<string, string>, name: string, value: string): void {
  const earlier = headers.get(name);
  if (earlier === undefined) headers.set(name, value);
  else headers.set(name, `${earlier}${name === 'cookie' ? '; ' : ', '}${value}`);
}
