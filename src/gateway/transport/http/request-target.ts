/** What a request line asks for, in its parts. */
export interface RequestTarget {
  /** Before any `?`, not decoded; `/` when the target has none. */
  readonly path: string;
  /** What follows the `?`, not decoded, '' when there is none. */
  readonly query: string;
  /**
   * Of an absolute target, without a user: it counts instead of the `Host` header (RFC 9112,
   * 3.2.2).
   */
  readonly authority: string | undefined;
}

/**
 * Scheme and authority of `http://host:port/path?query`. A target that begins with `//` is a path.
 */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@]*)/i;
const SLASH = 0x2f;

/**
 * The target of a request on node:http. The parser of Node 20.15 takes bytes above ASCII as they
 * are; later ones refuse them (RawTargets).
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

/**
 * Percent-encodes what is not ASCII, so that both libraries give the same text for the same bytes.
 */
export function asciiTarget(text: string): string {
  return NOT_ASCII.test(text) ? text.replace(/[\u0080-\uffff]+/g, encodeURIComponent) : text;
}

/** Percent-encodes bytes above ASCII of a target that has one character a byte. */
export function encodeBytes(latin1: string): string {
  return NOT_ASCII.test(latin1) ? latin1.replace(/[\x80-\xff]/g, percentEncoded) : latin1;
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}
