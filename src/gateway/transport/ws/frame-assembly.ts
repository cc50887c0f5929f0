/**
 * Assembles a message from several frames or reads. Memory grows with the received bytes, not with
 * the announced length or the number of fragments.
 */
export class FrameAssembly {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * Copies `source` from `start` to `end` and unmasks it, starting at byte `maskAt` of the mask.
   */
  append(source: Buffer, { start, end, mask, maskAt }: MaskedPart): void {
    const room = this.#roomFor(this.#length + end - start);
    unmaskInto(room, this.#length, source, { start, end, mask, maskAt });
    this.#length += end - start;
  }

  /** Returns the message, with memory of its own, and empties the assembly. */
  take(): Buffer {
    const bytes = this.#bytes ?? Buffer.alloc(0);
    const message = bytes.length === this.#length ? bytes : Buffer.from(bytes.subarray(0, this.#length));
    this.#bytes = undefined;
    this.#length = 0;
    return message;
  }

  #roomFor(bytes: number): Buffer {
    const old = this.#bytes;
    if (old !== undefined && old.length >= bytes) return old;
    const grown = Buffer.allocUnsafeSlow(old === undefined ? bytes : Math.max(bytes, 2 * old.length));
    if (old !== undefined) old.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    return grown;
  }
}

/**
 * A masked part of a payload (RFC 6455 5.3): `mask` as a big-endian number, `maskAt` the position
 * of its first byte within the mask, 0 to 3.
 */
export interface MaskedPart {
  readonly start: number;
  readonly end: number;
  readonly mask: number;
  readonly maskAt: number;
}

/** Below this size, unmasking by words costs more than it saves. */
const WORDS_FROM_BYTES = 64;
const WORD_BYTES = 4;

/** Copies and unmasks. Hot: measured by bench/inbound. */
export function unmaskInto(target: Buffer, at: number, source: Buffer, part: MaskedPart): void {
  const { start, end, mask } = part;
  const length = end - start;
  const turned = part.maskAt === 0 ? mask : ((mask << (8 * part.maskAt)) | (mask >>> (32 - 8 * part.maskAt))) >>> 0;
  let done = 0;
  if (length >= WORDS_FROM_BYTES && (target.byteOffset + at) % WORD_BYTES === 0) {
    source.copy(target, at, start, end);
    done = length - (length % WORD_BYTES);
    unmaskWords(new Uint32Array(target.buffer, target.byteOffset + at, done / WORD_BYTES), turned);
  }
  for (let i = done; i < length; i += 1) {
    target[at + i] = (source[start + i] ?? 0) ^ ((turned >>> (24 - 8 * (i & 3))) & 0xff);
  }
}

/** Converts the mask to the machine's byte order. */
const wordOfMask = new DataView(new ArrayBuffer(WORD_BYTES));
const maskWord = new Uint32Array(wordOfMask.buffer);

function unmaskWords(words: Uint32Array, mask: number): void {
  wordOfMask.setUint32(0, mask);
  const word = maskWord[0] ?? 0;
  for (let i = 0; i < words.length; i += 1) words[i] = (words[i] ?? 0) ^ word;
}
