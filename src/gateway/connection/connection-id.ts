import { randomFillSync } from 'node:crypto';

/** Largest node number: 16 bits. */
export const MAX_NODE = 0xffff;
/** Largest worker number: 8 bits. */
const MAX_WORKER = 0xff;

const ID_BYTES = 16;
const ID_LENGTH = 36;
const POOLED_IDS = 256;
/** The two hexadecimal digits of each byte. */
const HEX = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''),
  'latin1',
);
const DASH = 0x2d;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Generates the ids of one node's connections: UUIDs of version 4 whose last 16 bits are the node.
 * Of a node with several workers, the 8 bits before are the worker.
 */
export class ConnectionIdSource {
  readonly #node: number;
  readonly #worker: number | undefined;
  readonly #random = Buffer.allocUnsafe(ID_BYTES * POOLED_IDS);
  readonly #text = Buffer.allocUnsafe(ID_LENGTH * POOLED_IDS);
  #used = POOLED_IDS;

  /** `node` is 0 to `MAX_NODE`; `worker` is 1 to `MAX_WORKER`, undefined for a process alone. */
  constructor(node: number, worker?: number) {
    this.#node = node & MAX_NODE;
    this.#worker = worker === undefined ? undefined : worker & MAX_WORKER;
  }

  /**
   * Returns a new id: 106 random bits (98 with a worker), the node and the version. Ids are generated 256 at a time,
   * but each is a separate string, because a substring would keep the whole string alive. Measured
   * by bench/connect-storm.
   */
  next(): string {
    if (this.#used === POOLED_IDS) {
      this.#fill();
      this.#used = 0;
    }
    const at = this.#used * ID_LENGTH;
    this.#used += 1;
    return this.#text.toString('latin1', at, at + ID_LENGTH);
  }

  #fill(): void {
    randomFillSync(this.#random);
    for (let index = 0; index < POOLED_IDS; index += 1) {
      const start = index * ID_BYTES;
      const bytes = this.#random.subarray(start, start + ID_BYTES);
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
      if (this.#worker !== undefined) bytes.writeUInt8(this.#worker, 13);
      bytes.writeUInt16BE(this.#node, 14);
      this.#format(bytes, index * ID_LENGTH);
    }
  }

  #format(bytes: Buffer, start: number): void {
    const text = this.#text;
    let at = start;
    for (let index = 0; index < ID_BYTES; index += 1) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text[at++] = DASH;
      const digits = (bytes[index] ?? 0) * 2;
      text[at++] = HEX[digits] ?? 0;
      text[at++] = HEX[digits + 1] ?? 0;
    }
  }
}

/** Returns the node of a connection id, or undefined when the text is not a connection id. */
export function nodeOfConnectionId(id: string): number | undefined {
  return UUID.test(id) ? Number.parseInt(id.slice(-4), 16) : undefined;
}

/** Returns the worker of a connection id of a node with several workers. */
export function workerOfConnectionId(id: string): number | undefined {
  return UUID.test(id) ? Number.parseInt(id.slice(-6, -4), 16) : undefined;
}

/** Formats a node for event ids, counts and metrics: four hexadecimal digits. */
export function formatNode(node: number): string {
  return node.toString(16).padStart(4, '0');
}
