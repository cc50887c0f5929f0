import { crc32 } from 'node:zlib';
import type { EventBoot } from '../../event/event-id.js';
import { formatNode } from '../../connection/connection-id.js';

/** What the front of a segment says. */
export interface SegmentHeader {
  /** Whose events it holds. */
  readonly boot: EventBoot;
  /** It holds all that waits: the segments before it count for nothing. */
  readonly isReplacement: boolean;
}

/** Magic, version, flags, node, boot epoch, CRC-32 of what stands before it. */
export const SEGMENT_HEADER_BYTES = 20;

/** The format that is written, and the newest that is read. */
const FORMAT_VERSION = 1;
const MAGIC = 0x4c475357;
const IS_REPLACEMENT = 1;

export function encodeSegmentHeader({ boot, isReplacement }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(FORMAT_VERSION, 4);
  bytes.writeUInt8(isReplacement ? IS_REPLACEMENT : 0, 5);
  bytes.writeUInt16LE(Number.parseInt(boot.node, 16), 6);
  bytes.writeDoubleLE(boot.epoch, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
  return bytes;
}

/** `newer`: written by a later version; `damaged`: cut or no segment at all. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | 'newer' | 'damaged' {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return 'damaged';
  if (bytes.readUInt8(4) > FORMAT_VERSION) return 'newer';
  if (bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16))) return 'damaged';
  const boot = { node: formatNode(bytes.readUInt16LE(6)), epoch: bytes.readDoubleLE(8) };
  return { boot, isReplacement: (bytes.readUInt8(5) & IS_REPLACEMENT) !== 0 };
}
