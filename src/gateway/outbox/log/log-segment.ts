import { join } from 'node:path';
import type { OutboxConfig } from '../../config/outbox-config.js';
import type { EventBoot } from '../../event/gateway-event.js';
import { freeBytes } from './free-room.js';
import type { LogFormat } from './event-record.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

const NAME = /^(\d{8})\.log$/;
/** Fewest files of a full log, so that one file is a small part of its bound. */
const SEGMENTS_AT_LEAST = 8;
/** Suffix of an incomplete segment, which is not valid until it is renamed. */
export const UNFINISHED = '.unfinished';

export interface LogSegmentOptions {
  readonly dir: string;
  readonly number: number;
  readonly format: LogFormat;
  readonly boot: EventBoot;
  /** Sequence of its first event. */
  readonly firstSequence: number;
  /** True when the segments before it are no longer valid. */
  readonly isReplacement: boolean;
  readonly isFinished: boolean;
}

/** Numbers of one file of the log. */
export class LogSegment {
  readonly number: number;
  readonly format: LogFormat;
  readonly boot: EventBoot;
  firstSequence: number;
  /** Sequence of the newest event when its last record was appended. */
  lastSequence: number;
  /** Bytes in the file. */
  writtenBytes = 0;
  /** Bytes in the file, and those that wait to be written. */
  appendedBytes = 0;
  /** Bytes of the header and the snapshot. */
  overheadBytes = SEGMENT_HEADER_BYTES;
  readonly isReplacement: boolean;
  isFinished: boolean;
  readonly #dir: string;

  constructor({ dir, number, format, boot, firstSequence, isReplacement, isFinished }: LogSegmentOptions) {
    this.#dir = dir;
    this.number = number;
    this.format = format;
    this.boot = boot;
    this.firstSequence = firstSequence;
    this.lastSequence = firstSequence - 1;
    this.isReplacement = isReplacement;
    this.isFinished = isFinished;
  }

  get path(): string {
    return this.isFinished ? this.finalPath : this.finalPath + UNFINISHED;
  }

  get finalPath(): string {
    return segmentPath(this.#dir, this.number);
  }
}

export function segmentPath(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(8, '0')}.log`);
}

/** The number of a segment's file; undefined for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Smallest file on a file system with little free space. */
const SMALLEST_BYTES = 65_536;

export interface SegmentSizes {
  /** Size at which a file ends. */
  readonly segmentBytes: number;
  /** Most bytes of events in a file that begins with a large snapshot. */
  readonly mostSegmentBytes: number;
}

/**
 * Sizes of files for a folder. Disk space is given back a file at a time, so a file must also be a
 * small part of the free space: a log that fills its file system continues once the oldest files
 * are delivered.
 */
export async function segmentSizes(config: SizesOptions, dir: string): Promise<SegmentSizes> {
  return sizesWithin(config, await freeBytes(dir));
}

type SizesOptions = Pick<OutboxConfig, 'segmentBytes' | 'maxDiskBytes'>;

export function sizesWithin({ segmentBytes, maxDiskBytes }: SizesOptions, roomBytes: number): SegmentSizes {
  const ofBound = Math.ceil(maxDiskBytes / SEGMENTS_AT_LEAST);
  const ofRoom = Math.max(SMALLEST_BYTES, Math.floor(roomBytes / SEGMENTS_AT_LEAST));
  const mostSegmentBytes = Math.min(ofBound, ofRoom);
  return { segmentBytes: Math.min(segmentBytes, mostSegmentBytes), mostSegmentBytes };
}
