import { join } from 'node:path';
import type { OutboxConfig } from '../../config/sink-config.js';
import type { EventBoot } from '../../event/event-id.js';
import type { LogFormat } from './log-record.js';
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

/** At which size a file ends, and the most that one holds beside a large snapshot. */
export function segmentSizes({ segmentBytes, maxDiskBytes }: Pick<OutboxConfig, 'segmentBytes' | 'maxDiskBytes'>) {
  const mostSegmentBytes = Math.ceil(maxDiskBytes / SEGMENTS_AT_LEAST);
  return { segmentBytes: Math.min(segmentBytes, mostSegmentBytes), mostSegmentBytes };
}
