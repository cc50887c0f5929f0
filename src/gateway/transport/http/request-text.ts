import { isUtf8 } from 'node:buffer';

/** The parts of a request target. */
export interface RequestTarget {
  /** The target before any `?`, not decoded; `/` when empty. */
  readonly path: string;
  /** The target after the `?`, not decoded; '' without one. */
  readonly query: string;
  /**
   * Authority of an absolute target, without user information. It replaces the `Host` header (RFC
   * 9112, 3.2.2).
   */
  readonly authority: string | undefined;
}

/**
 * Scheme and authority of `http://host:port/path?query`. A target that begins with `//` is a path.
 */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@]*)/i;
const SLASH = 0x2f;

/**
 * Returns the target of a request on node:http. The parser of Node 20.15 accepts bytes above ASCII;
 * later ones refuse them (see RawTargets).
 */
export function readTarget({ url = '/' }: { readonly url?: string | undefined }): RequestTarget {
  return splitTarget(encodeBytes(url));
}

/** Reads a target in origin form (`/path?query`) or in absolute form. */
function splitTarget(target: string): RequestTarget {
  // Hot: nearly every target is in origin form.
  const absolute = target.charCodeAt(0) === SLASH ? null : ABSOLUTE.exec(target);
  const rest = absolute === null ? target : target.slice(absolute[0].length);
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return {
    path: path === '' ? '/' : path,
    query: mark === -1 ? '' : rest.slice(mark + 1),
    authority: absolute?.[1],
  };
}

const NOT_ASCII = /[\u0080-\uffff]/;

/** Percent-encodes non-ASCII text, so that both libraries give the same text for the same bytes. */
export function asciiTarget(text: string): string {
  return NOT_ASCII.test(text) ? text.replace(/[\u0080-\uffff]+/g, encodeURIComponent) : text;
}

/** Percent-encodes bytes above ASCII in a target with one character per byte. */
export function encodeBytes(latin1: string): string {
  return NOT_ASCII.test(latin1) ? latin1.replace(/[\x80-\xff]/g, percentEncoded) : latin1;
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}

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
