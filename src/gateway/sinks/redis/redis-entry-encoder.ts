import { encodeCommand } from '../../redis/resp-reader.js';
import type { GatewayEvent } from '../../event/gateway-event.js';

/** The settings that options an entry. */
export interface RedisEntryEncoderOptions {
  readonly eventIdField: string | undefined;
  readonly closeReasonField: string | undefined;
  /** 0: none. */
  readonly maxLen: number;
}

/**
 * Large enough that the cost of a write is negligible per event, small enough that Redis has work
 * long before the batch is encoded.
 */
const CHUNK_BYTES = 32 * 1024;
/** Larger messages are written to the socket without a copy. */
const COPIED_MESSAGE_BYTES = 8 * 1024;
/** The number of encoded texts that are cached. */
const KEPT_TEXTS = 1_024;

const ZERO = 0x30;
const CR = 0x0d;
const LF = 0x0a;
const MULTI = encodeCommand(['MULTI']);
const EXEC = encodeCommand(['EXEC']);

/**
 * The constant part of an entry on one stream, for each kind of event: everything before the length
 * of the connection's id.
 */
interface EntryHeads {
  readonly open: Buffer;
  readonly close: Buffer;
  readonly text: Buffer;
  readonly binary: Buffer;
}

/** The part between the connection's id and the message's length, for one text of tags. */
interface EntryMiddle {
  readonly plain: Buffer;
  readonly withMessage: Buffer;
}

/**
 * Encodes a batch as one transaction of XADDs into chunks, each handed to `write` as soon as it is
 * full. `begin` reuses the chunks, so everything that was written must have been sent by then; call
 * `forget` after a failure.
 */
export class RedisEntryEncoder {
  readonly #heads = new Map<string, EntryHeads>();
  readonly #middles = new Map<string, EntryMiddle>();
  readonly #eventIdField: Buffer | undefined;
  readonly #closeReasonField: Buffer | undefined;
  #chunks: Buffer[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #chunksUsed = 0;
  #at = 0;

  readonly #options: RedisEntryEncoderOptions;
  readonly #write: (bytes: Uint8Array) => void;

  constructor(options: RedisEntryEncoderOptions, write: (bytes: Uint8Array) => void) {
    this.#options = options;
    this.#write = write;
    this.#eventIdField = options.eventIdField === undefined ? undefined : fieldBytes(options.eventIdField);
    this.#closeReasonField = options.closeReasonField === undefined ? undefined : fieldBytes(options.closeReasonField);
  }

  begin(): void {
    this.#chunksUsed = 0;
    this.#nextChunk();
    this.#put(MULTI);
  }

  /** Hot: runs once an event. Measured by bench/inbound. */
  add(event: GatewayEvent, stream: string): void {
    const { connection, message, tags } = event;
    const middle = this.#middles.get(tags) ?? this.#keepMiddle(tags);
    this.#put(this.#head(event, stream));
    this.#putText(connection);
    if (message === undefined) {
      this.#put(middle.plain);
    } else {
      this.#put(middle.withMessage);
      this.#putMessage(message);
    }
    if (this.#eventIdField !== undefined) this.#putField(this.#eventIdField, event.id);
    if (this.#closeReasonField !== undefined && event.action === 'close') {
      this.#putField(this.#closeReasonField, event.reason ?? '');
    }
  }

  end(): void {
    this.#put(EXEC);
    this.#flush();
  }

  /** Drops the chunks, which a closed socket may still hold. */
  forget(): void {
    this.#chunks = [];
  }

  #head({ action, type }: GatewayEvent, stream: string): Buffer {
    const heads = this.#heads.get(stream) ?? this.#keepHeads(stream);
    if (action !== 'message') return heads[action];
    return type === 'binary' ? heads.binary : heads.text;
  }

  #keepHeads(stream: string): EntryHeads {
    if (this.#heads.size >= KEPT_TEXTS) this.#heads.clear();
    const heads = {
      open: encodeHead(stream, this.#options, ['action', 'open']),
      close: encodeHead(stream, this.#options, ['action', 'close']),
      text: encodeHead(stream, this.#options, ['action', 'message', 'type', 'text']),
      binary: encodeHead(stream, this.#options, ['action', 'message', 'type', 'binary']),
    };
    this.#heads.set(stream, heads);
    return heads;
  }

  #keepMiddle(tags: string): EntryMiddle {
    if (this.#middles.size >= KEPT_TEXTS) this.#middles.clear();
    const plain = Buffer.concat([fieldBytes('tags'), bulkBytes(tags)]);
    const middle = { plain, withMessage: Buffer.concat([plain, fieldBytes('message'), Buffer.from('$')]) };
    this.#middles.set(tags, middle);
    return middle;
  }

  /** Writes a length, its line end, the text and its line end. */
  #putText(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#putLength(bytes, bytes + 2);
    this.#at += this.#chunk.write(text, this.#at, bytes === text.length ? 'latin1' : 'utf8');
    this.#putLineEnd();
  }

  #putMessage(message: Uint8Array): void {
    if (message.length <= COPIED_MESSAGE_BYTES) {
      this.#putLength(message.length, message.length + 2);
      this.#chunk.set(message, this.#at);
      this.#at += message.length;
    } else {
      this.#putLength(message.length, 0);
      this.#flush();
      this.#write(message);
      this.#nextChunk();
    }
    this.#putLineEnd();
  }

  #putField(field: Buffer, value: string): void {
    this.#put(field);
    this.#reserve(1);
    this.#chunk[this.#at++] = 0x24;
    this.#putText(value);
  }

  #put(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#chunk.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Writes a length line, and makes room for it and for `further` bytes behind it. */
  #putLength(length: number, further: number): void {
    this.#reserve(further + LENGTH_LINE_BYTES);
    if (length < 10) {
      this.#chunk[this.#at++] = ZERO + length;
    } else if (length < 100) {
      const tens = Math.trunc(length / 10);
      this.#chunk[this.#at++] = ZERO + tens;
      this.#chunk[this.#at++] = ZERO + length - tens * 10;
    } else {
      this.#at += this.#chunk.write(String(length), this.#at, 'latin1');
    }
    this.#putLineEnd();
  }

  /** The caller has reserved the room. */
  #putLineEnd(): void {
    this.#chunk[this.#at++] = CR;
    this.#chunk[this.#at++] = LF;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#chunk.length) return;
    this.#flush();
    this.#nextChunk(bytes);
  }

  #flush(): void {
    if (this.#at > 0) this.#write(this.#chunk.subarray(0, this.#at));
    this.#at = 0;
  }

  #nextChunk(bytes = 0): void {
    this.#at = 0;
    if (bytes > CHUNK_BYTES) {
      this.#chunk = Buffer.allocUnsafeSlow(bytes);
      return;
    }
    const kept = this.#chunks[this.#chunksUsed];
    this.#chunk = kept ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    if (kept === undefined) this.#chunks.push(this.#chunk);
    this.#chunksUsed += 1;
  }
}

/** Ten digits and a line end. */
const LENGTH_LINE_BYTES = 12;

function bulkBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
}

function fieldBytes(name: string): Buffer {
  return bulkBytes(name);
}

/**
 * `*<args> XADD <stream> [MAXLEN ~ n] * <constants> connection $`, to be followed by the length of
 * the id.
 */
function encodeHead(stream: string, options: RedisEntryEncoderOptions, constants: readonly string[]): Buffer {
  const trim = options.maxLen > 0 ? ['MAXLEN', '~', String(options.maxLen)] : [];
  const first = ['XADD', stream, ...trim, '*', ...constants, 'connection'];
  const isMessage = constants.includes('message');
  const withReason = constants.includes('close') && options.closeReasonField !== undefined;
  const later = ['id', 'tags', 'tags'].length + (isMessage ? 2 : 0) + (withReason ? 2 : 0);
  const args = first.length + later + (options.eventIdField === undefined ? 0 : 2);
  return Buffer.concat([Buffer.from(`*${args}\r\n`), ...first.map(bulkBytes), Buffer.from('$')]);
}
