import { fromByteText, toByteText } from '../core/byte-text.js';

/** Encodes a byte string as a JSON string, escaped as Go's encoding/json does. */
export function quoteJson(text: string): string {
  const quoted = JSON.stringify(fromByteText(text)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return toByteText(quoted);
}
