import { crc32 } from 'node:zlib';
import type { EventBoot } from '../../event/event-id.js';
import { formatNode } from '../../connection/connection-id.js';
import type { LogFormat } from './log-record.js';

/** What the front of a segment says. */
export interface SegmentHeader {
  readonly format: LogFormat;
  /** Whose events it holds. */
  readonly boot: EventBoot;
  /** It holds all that waits: the segments before it count for nothing. */
  readonly isReplacement: boolean;
}

/** Magic, version, flags, node, boot epoch, CRC-32 of what stands before it. The same in every version. */
export const SEGMENT_HEADER_BYTES = 20;

/** The format that is written, and the newest that is read. */
export const FORMAT: LogFormat = 2;
const MAGIC = 0x4c475357;
const IS_REPLACEMENT = 1;
const CRC_AT = 16;

export function encodeSegmentHeader({ boot, isReplacement }: Omit<SegmentHeader, 'format'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(FORMAT, 4);
  bytes.writeUInt8(isReplacement ? IS_REPLACEMENT : 0, 5);
  bytes.writeUInt16LE(Number.parseInt(boot.node, 16), 6);
  bytes.writeDoubleLE(boot.epoch, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

/** `newer`: written by a later version; `damaged`: cut or no header at all. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | 'newer' | 'damaged' {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return 'damaged';
  if (bytes.readUInt32LE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) return 'damaged';
  const version = bytes.readUInt8(4);
  if (version > FORMAT) return 'newer';
  const boot = { node: formatNode(bytes.readUInt16LE(6)), epoch: bytes.readDoubleLE(8) };
  return { format: version === 1 ? 1 : 2, boot, isReplacement: (bytes.readUInt8(5) & IS_REPLACEMENT) !== 0 };
}

/** The header with one byte of it put right, whichever makes the checksum right; undefined when more than one is wrong. */
export function mendSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined;
  for (let at = 0; at < SEGMENT_HEADER_BYTES; at++) {
    for (let flip = 1; flip <= 0xff; flip++) {
      const tried = Buffer.from(bytes.subarray(0, SEGMENT_HEADER_BYTES));
      tried.writeUInt8(tried.readUInt8(at) ^ flip, at);
      const header = decodeSegmentHeader(tried);
      if (typeof header === 'object') return header;
    }
  }
  return undefined;
}
