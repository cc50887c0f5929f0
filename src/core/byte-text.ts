/**
 * Bytes as a string of one character a byte. What searches JSON works on these: slices cost
 * nothing, positions are bytes, and comparing compares bytes, as Go's strings do. Costs one copy.
 */
export function bytesToByteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A text as the characters of its UTF-8 bytes. */
export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * The text that UTF-8 bytes stand for; what is no UTF-8 becomes U+FFFD. A string of its own, which
 * keeps nothing else alive.
 */
export function fromByteText(byteText: string): string {
  return Buffer.from(byteText, 'latin1').toString('utf8');
}
