/**
 * Converts bytes to a string of one character per byte, for searching JSON: slices cost nothing,
 * positions are bytes, and comparisons compare bytes, as with Go's strings. Costs one copy.
 */
export function bytesToByteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Converts a text to the characters of its UTF-8 bytes. */
export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Decodes UTF-8 bytes to text; invalid bytes become U+FFFD. The result is a new string, which keeps
 * nothing else alive.
 */
export function fromByteText(byteText: string): string {
  return Buffer.from(byteText, 'latin1').toString('utf8');
}
