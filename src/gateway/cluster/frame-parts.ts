import type { Clock } from '../../core/clock.js';
import { FRAME_KIND, type Frame } from '../calls/frame.js';

/** Bytes before the piece in the body of a part: u8 kind of the whole, u32 offset, u32 total. */
const PART_HEAD_BYTES = 9;

/** Splits the body of a frame into the bodies of its parts. */
export function splitBody({ kind, body }: Pick<Frame, 'kind' | 'body'>, pieceBytes: number): Buffer[] {
  const bodies: Buffer[] = [];
  for (let from = 0; from < body.length; from += pieceBytes) {
    const piece = body.subarray(from, from + pieceBytes);
    const bytes = Buffer.allocUnsafe(PART_HEAD_BYTES + piece.length);
    bytes.writeUInt8(kind, 0);
    bytes.writeUInt32BE(from, 1);
    bytes.writeUInt32BE(body.length, 5);
    bytes.set(piece, PART_HEAD_BYTES);
    bodies.push(bytes);
  }
  return bodies;
}

/** A body of which parts are missing. */
interface Assembly {
  readonly bytes: Buffer;
  filled: number;
  readonly expiresAt: number;
}

/**
 * Puts the bodies of parts together. Parts of one body come in their order, so a part that does not
 * continue its body shows a loss, and the body is given up.
 */
export class PartAssembly {
  readonly #clock: Clock;
  readonly #mostBytes: number;
  readonly #open = new Map<string, Assembly>();
  #bytes = 0;

  /** `mostBytes` bounds the memory of unfinished bodies. */
  constructor(clock: Clock, mostBytes: number) {
    this.#clock = clock;
    this.#mostBytes = mostBytes;
  }

  /** Bytes reserved for unfinished bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a part. Returns the whole frame with the last one. */
  take(part: Frame): Frame | undefined {
    const body = Buffer.from(part.body.buffer, part.body.byteOffset, part.body.byteLength);
    if (body.length <= PART_HEAD_BYTES) return undefined;
    const kind = body.readUInt8(0);
    const from = body.readUInt32BE(1);
    const total = body.readUInt32BE(5);
    if (kind === FRAME_KIND.part) return undefined;
    const key = `${part.fromNode} ${part.fromBoot} ${kind} ${part.call} ${part.flags}`;
    const assembly = from === 0 ? this.#begin(key, total, part.deadlineMs) : this.#open.get(key);
    if (assembly === undefined) return undefined;
    const piece = body.subarray(PART_HEAD_BYTES);
    if (assembly.filled !== from || from + piece.length > assembly.bytes.length) {
      this.#end(key, assembly);
      return undefined;
    }
    assembly.bytes.set(piece, from);
    assembly.filled += piece.length;
    if (assembly.filled < assembly.bytes.length) return undefined;
    this.#end(key, assembly);
    return { ...part, kind, body: assembly.bytes };
  }

  /** Gives up bodies whose caller does not wait any more. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [key, assembly] of this.#open) if (assembly.expiresAt <= now) this.#end(key, assembly);
  }

  #begin(key: string, total: number, deadlineMs: number): Assembly | undefined {
    const before = this.#open.get(key);
    if (before !== undefined) this.#end(key, before);
    if (this.#bytes + total > this.#mostBytes) this.sweep();
    if (this.#bytes + total > this.#mostBytes) return undefined;
    const assembly = { bytes: Buffer.allocUnsafe(total), filled: 0, expiresAt: this.#clock.now() + deadlineMs };
    this.#bytes += total;
    this.#open.set(key, assembly);
    return assembly;
  }

  #end(key: string, { bytes }: Assembly): void {
    this.#bytes -= bytes.length;
    this.#open.delete(key);
  }
}
