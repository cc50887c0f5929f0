const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/**
 * Decodes a URL query or form body as Go's url.ParseQuery does, keeping the first value of each
 * key: pairs are separated by `&`, `+` is a space, and a pair with a broken escape or a semicolon
 * is left out. Bytes that are no UTF-8 become U+FFFD.
 */
export function parseQuery(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const piece of text.split('&')) {
    if (piece === '' || piece.includes(';')) continue;
    const equals = piece.indexOf('=');
    const key = unescape(equals < 0 ? piece : piece.slice(0, equals));
    const value = equals < 0 ? '' : unescape(piece.slice(equals + 1));
    if (key === undefined || value === undefined || pairs.has(key)) continue;
    pairs.set(key, value);
  }
  return pairs;
}

function unescape(text: string): string | undefined {
  // Hot for long lists of ids: a regular expression takes as long as all the rest.
  return text.includes('%') || text.includes('+') ? decodeEscapes(text.replaceAll('+', ' ')) : text;
}

/** Decodes `%xx`. Bytes that are no UTF-8 become U+FFFD; undefined when an escape is broken. */
export function decodeEscapes(text: string): string | undefined {
  if (BROKEN_ESCAPE.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeBytes(text);
  }
}

/** decodeURIComponent throws where the escaped bytes are no UTF-8; Go does not mind. */
function decodeBytes(text: string): string {
  const bytes: number[] = [];
  const source = Buffer.from(text);
  for (let at = 0; at < source.length; at += 1) {
    const byte = source.readUInt8(at);
    if (byte === 0x25) {
      bytes.push(Number.parseInt(source.toString('latin1', at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(byte);
    }
  }
  return Buffer.from(bytes).toString();
}
