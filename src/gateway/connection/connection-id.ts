import { randomFillSync } from 'node:crypto';

/** Node numbers fit in 16 bits. */
export const MAX_NODE = 0xffff;

const ID_BYTES = 16;
const POOLED_IDS = 256;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Makes the ids of one node's connections: UUIDs of version 4 whose last 16 bits are the node. */
export class ConnectionIdSource {
  readonly #node: number;
  readonly #random = Buffer.allocUnsafe(ID_BYTES * POOLED_IDS);
  readonly #text = Buffer.allocUnsafe(36);
  #used = POOLED_IDS;

  /** `node` is 0 to `MAX_NODE`. */
  constructor(node: number) {
    this.#node = node & MAX_NODE;
  }

  /** A new id: 106 random bits, the node and the version. Random bytes are drawn for 256 ids at a time. */
  next(): string {
    if (this.#used === POOLED_IDS) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    const start = this.#used * ID_BYTES;
    this.#used += 1;
    const bytes = this.#random;
    bytes.writeUInt8((bytes.readUInt8(start + 6) & 0x0f) | 0x40, start + 6);
    bytes.writeUInt8((bytes.readUInt8(start + 8) & 0x3f) | 0x80, start + 8);
    bytes.writeUInt16BE(this.#node, start + 14);
    return this.#format(start);
  }

  /** Written through one buffer so that each id is a flat string: a concatenation would keep its parts alive. */
  #format(start: number): string {
    let at = 0;
    for (let index = 0; index < ID_BYTES; index += 1) {
      if (index === 4 || index === 6 || index === 8 || index === 10) {
        this.#text[at] = DASH;
        at += 1;
      }
      const byte = this.#random.readUInt8(start + index);
      this.#text[at] = HEX.readUInt8(byte >> 4);
      this.#text[at + 1] = HEX.readUInt8(byte & 0x0f);
      at += 2;
    }
    return this.#text.toString('latin1');
  }
}

/** The node whose connection `id` names, or undefined when the text is no id of ours. */
export function nodeOfConnectionId(id: string): number | undefined {
  return UUID.test(id) ? Number.parseInt(id.slice(-4), 16) : undefined;
}

/** A node as it is written in event ids, counts and metrics: four hexadecimal digits. */
export function formatNode(node: number): string {
  return node.toString(16).padStart(4, '0');
}
