import { constants } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import type { GatewayEvent } from './gateway-event.js';

/** Messages up to this size can always be encoded. */
const SURELY_ENCODABLE_BYTES = 64 * 1024;
/**
 * Characters around the message in its JSON, and around that JSON in a request or a page, without
 * tags and id.
 */
const FRAME_CHARACTERS = 1024;
/** One character may become `\u0000`. */
const MOST_PER_CHARACTER = 6;
/**
 * Three copies are in memory together: the JSON, the JSON with `<` and the like escaped, and the
 * text that contains it.
 */
const COPIES = 3;
/**
 * The share of the heap limit that encoding one event may use. A process that reaches the limit is
 * aborted without an exception.
 */
const HEAP_SHARE = 1 / 4;
/** The same when each of several readers has its own copy. */
export const READER_HEAP_SHARE = 1 / 16;

/**
 * Why an event cannot be encoded as JSON in this process; undefined when it can. Call it before the
 * encoding: beyond V8's longest string the encoding throws, and beyond the heap limit it ends the
 * process. Examines the bytes of large texts only.
 */
export function encodingProblem(event: GatewayEvent, heapShare = HEAP_SHARE): string | undefined {
  const { message, tags, type } = event;
  if (message === undefined || message.byteLength <= SURELY_ENCODABLE_BYTES) return undefined;
  const frame = FRAME_CHARACTERS + tags.length * MOST_PER_CHARACTER;
  const size = type === 'binary' ? base64Size(message.byteLength) : textSize(message);
  const characters = size.characters + frame;
  if (characters > constants.MAX_STRING_LENGTH) {
    return `Its JSON would have ${characters} characters, more than the ${constants.MAX_STRING_LENGTH} of a string.`;
  }
  const heapBytes = size.sourceBytes + characters * size.bytesPerCharacter * COPIES;
  const mostHeapBytes = Math.floor(getHeapStatistics().heap_size_limit * heapShare);
  if (heapBytes <= mostHeapBytes) return undefined;
  return `Encoding it would take ${heapBytes} bytes of heap, more than the ${mostHeapBytes} that one event may take.`;
}

interface EncodedSize {
  readonly characters: number;
  /** Two as soon as one character is beyond Latin-1. */
  readonly bytesPerCharacter: 1 | 2;
  /** Heap bytes of the text before escaping. */
  readonly sourceBytes: number;
}

function base64Size(bytes: number): EncodedSize {
  return { characters: Math.ceil(bytes / 3) * 4, bytesPerCharacter: 1, sourceBytes: 0 };
}

function textSize(message: Uint8Array): EncodedSize {
  let characters = 0;
  let escaped = 0;
  let hasWide = false;
  for (const byte of message) {
    if (byte >= 0xc4) hasWide = true;
    // Continuation bytes belong to the character before. Four bytes become two UTF-16 code units.
    if (byte < 0x80 || byte >= 0xc0) characters += byte >= 0xf0 ? 2 : 1;
    escaped += EXTRA_CHARACTERS[byte] ?? 0;
  }
  const bytesPerCharacter = hasWide ? 2 : 1;
  return { characters: characters + escaped, bytesPerCharacter, sourceBytes: characters * bytesPerCharacter };
}

/**
 * The number of characters that escaping adds, by byte. An upper bound for 0xe2, with which U+2028,
 * U+2029 and other characters begin.
 */
const EXTRA_CHARACTERS = Uint8Array.from({ length: 256 }, (_, byte) => extraCharacters(byte));

function extraCharacters(byte: number): number {
  const character = String.fromCharCode(byte);
  if ('<>&'.includes(character)) return MOST_PER_CHARACTER - 1;
  if (byte === 0xe2) return MOST_PER_CHARACTER - 1;
  return byte < 0x80 ? JSON.stringify(character).length - 3 : 0;
}
