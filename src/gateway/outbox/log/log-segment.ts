import { join } from 'node:path';
import type { OutboxConfig } from '../../config/sink-config.js';
import type { EventBoot } from '../../event/gateway-event.js';
import { freeBytes } from './free-room.js';
import type { LogFormat } from './event-record.js';
import { SEGMENT_HEADER_BYTES } from './segment-header.js';

const NAME = /^(\d{8})\.log$/;
/** The log begins a new file so often that one file is a small part of its bound. */
const SEGMENTS_AT_LEAST = 8;
/** A segment that is not complete yet; it counts for nothing until it is renamed. */
export const UNFINISHED = '.unfinished';

export interface LogSegmentOptions {
  readonly dir: string;
  readonly number: number;
  readonly format: LogFormat;
  readonly boot: EventBoot;
  /** Sequence of its first event. */
  readonly firstSequence: number;
  /** Whether the segments before it count for nothing. */
  readonly isReplacement: boolean;
  readonly isFinished: boolean;
}

/** One file of the log, in numbers. */
export class LogSegment {
  readonly number: number;
  readonly format: LogFormat;
  readonly boot: EventBoot;
  firstSequence: number;
  /** Sequence of the newest event when its last record was appended. */
  lastSequence: number;
  /** Bytes that are in the file. */
  writtenBytes = 0;
  /** Bytes that are in the file or wait for it. */
  appendedBytes = 0;
  /** Bytes of header and snapshot: what it takes before it holds anything. */
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

/** On a file system with little room files are not smaller than this. */
const SMALLEST_BYTES = 65_536;

export interface SegmentSizes {
  /** At which size a file ends. */
  readonly segmentBytes: number;
  /** The most that a file holds beside a large snapshot. */
  readonly mostSegmentBytes: number;
}

/**
 * Room is given back a file at a time. So one file is a small part of what `dir` can take at this
 * moment as well: a log that fills its file system goes on once a sink has taken the oldest files.
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
