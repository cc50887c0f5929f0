import { constants } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import type { GatewayEvent } from './gateway-event.js';

/** Smaller messages can be encoded whatever they hold. */
const SURELY_ENCODABLE_BYTES = 64 * 1024;
/**
 * What is around the message in its JSON, and around that JSON in a request or a page, tags and id
 * excluded.
 */
const FRAME_CHARACTERS = 1024;
/** One character may become `\u0000`. */
const MOST_PER_CHARACTER = 6;
/**
 * The JSON, the JSON with `<` and the like escaped, and the text that joins it with the rest are in
 * memory together.
 */
const COPIES = 3;
/**
 * Share of the heap limit that encoding one event may take. A process that reaches the limit is
 * aborted, without an exception.
 */
const HEAP_SHARE = 1 / 4;
/** The same where each of several readers has a copy of its own. */
export const READER_HEAP_SHARE = 1 / 16;

/**
 * Why an event cannot become JSON in this process; undefined when it can. Asked before anything is
 * allocated: beyond V8's longest string encoding throws, beyond the heap limit it ends the process.
 * Costs a look at each byte of large texts alone.
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
  /** V8 takes two as soon as one character is beyond Latin-1. */
  readonly bytesPerCharacter: 1 | 2;
  /** Heap of the text that is escaped. */
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
    // Continuation bytes belong to the character before; four bytes are a pair of UTF-16 code
    // units.
    if (byte < 0x80 || byte >= 0xc0) characters += byte >= 0xf0 ? 2 : 1;
    escaped += EXTRA_CHARACTERS[byte] ?? 0;
  }
  const bytesPerCharacter = hasWide ? 2 : 1;
  return { characters: characters + escaped, bytesPerCharacter, sourceBytes: characters * bytesPerCharacter };
}

/**
 * By byte, how many characters its escaping adds. U+2028 and U+2029 begin with 0xe2, as do other
 * characters: an upper bound.
 */
const EXTRA_CHARACTERS = Uint8Array.from({ length: 256 }, (_, byte) => extraCharacters(byte));

function extraCharacters(byte: number): number {
  const character = String.fromCharCode(byte);
  if ('<>&'.includes(character)) return MOST_PER_CHARACTER - 1;
  if (byte === 0xe2) return MOST_PER_CHARACTER - 1;
  return byte < 0x80 ? JSON.stringify(character).length - 3 : 0;
}
