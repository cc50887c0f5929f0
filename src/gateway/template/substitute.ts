import { fromByteText } from '../../core/byte-text.js';

/** The most characters that one value gives. */
export const MAX_VALUE_LENGTH = 128;
/** The most characters of a whole destination: AMQP's bound on a routing key. */
export const MAX_DESTINATION_LENGTH = 255;

/** Enough bytes for `MAX_VALUE_LENGTH` characters of UTF-8. */
const MAX_VALUE_BYTES = MAX_VALUE_LENGTH * 4;
const ALL_ALLOWED = /^[A-Za-z0-9_.:-]*$/;
const NOT_ALLOWED = /[^A-Za-z0-9_.:-]/gu;

/** What is put in place of a placeholder: each character outside `A-Za-z0-9_.:-` becomes `_`, and what is too long is cut. */
export function substitute(value: string): string {
  const text = value.slice(0, MAX_VALUE_BYTES);
  return (ALL_ALLOWED.test(text) ? text : text.replace(NOT_ALLOWED, '_')).slice(0, MAX_VALUE_LENGTH);
}

/** Shorter slices are copies in V8; longer ones keep alive what they were cut from. */
const SHORTEST_SLICE = 13;

/** The same of a byte text. The result keeps nothing else alive, however large the message that it was read from. */
export function substituteBytes(byteText: string): string {
  if (byteText.length < SHORTEST_SLICE && ALL_ALLOWED.test(byteText)) return byteText;
  return substitute(fromByteText(byteText.slice(0, MAX_VALUE_BYTES)));
}
