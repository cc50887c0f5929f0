const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/**
 * Decodes a URL query or form body like Go's url.ParseQuery, keeping the first value of each key:
 * pairs are separated by `&`, `+` is a space, and pairs with an invalid escape or a semicolon are
 * skipped. Invalid UTF-8 becomes U+FFFD.
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
  // Hot path for long lists of ids: a regular expression would double the time.
  return text.includes('%') || text.includes('+') ? decodeEscapes(text.replaceAll('+', ' ')) : text;
}

/** Decodes `%xx`. Invalid UTF-8 becomes U+FFFD; undefined for an invalid escape. */
export function decodeEscapes(text: string): string | undefined {
  if (BROKEN_ESCAPE.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeBytes(text);
  }
}

/** Decodes invalid UTF-8 like Go, where decodeURIComponent throws. */
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
