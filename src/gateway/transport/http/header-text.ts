import { isUtf8 } from 'node:buffer';

const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * A header's value from its bytes, one a character: as UTF-8 where they are that, else as latin-1
 * (RFC 9110 5.5 leaves them open).
 */
export function headerText(latin1: string): string {
  if (!BEYOND_ASCII.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : latin1;
}

/**
 * Adds a header line. Repeated lines make a list (RFC 9110 5.3), but those of `Cookie` one cookie
 * string (RFC 9113 8.2.3).
 */
export function addHeader(headers: Map<string, string>, name: string, value: string): void {
  const earlier = headers.get(name);
  if (earlier === undefined) headers.set(name, value);
  else headers.set(name, `${earlier}${name === 'cookie' ? '; ' : ', '}${value}`);
}
