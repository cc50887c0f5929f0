import { crc32 } from 'node:zlib';
import type { Retagging } from '../outbox.js';
import type { EventBoot } from '../../event/gateway-event.js';
import { formatNode } from '../../connection/connection-id.js';
import { ByteReader, type ByteWriter } from './byte-reader.js';
import { readRetagging, writeRetagging, RECORD, writeRecord, type LogFormat } from './event-record.js';
import type { OpenConnections } from './open-connections.js';

/** Id of the last event that each sink acknowledged; '' before its first. */
export type Acknowledgements = ReadonlyMap<string, string>;

/** Content of a part of a snapshot. */
interface SnapshotPart {
  /** From 0. */
  readonly index: number;
  readonly isLast: boolean;
  readonly connections: readonly Retagging[];
  readonly acknowledged: Acknowledgements;
}

/** Size of a part: damage to a snapshot loses only the parts that it hits. */
const PART_BYTES = 4096;
const NO_ACKNOWLEDGEMENTS: Acknowledgements = new Map();

/**
 * Appends everything that older files of the log contain besides events, so that those can be
 * removed. The first part has the acknowledgements.
 */
export function writeSnapshot(writer: ByteWriter, open: OpenConnections, acknowledged: Acknowledgements): void {
  const connections = open[Symbol.iterator]();
  let next = connections.next();
  for (let index = 0, isLast = false; !isLast; index++) {
    writeRecord(writer, RECORD.snapshotPart, () => {
      const start = writer.length;
      writer.varint(index);
      writeAcknowledgements(writer, index === 0 ? acknowledged : NO_ACKNOWLEDGEMENTS);
      for (; next.done !== true && writer.length - start < PART_BYTES; next = connections.next()) {
        writer.uint8(1);
        writeRetagging(writer, next.value);
      }
      isLast = next.done === true;
      writer.uint8(0);
      writer.uint8(isLast ? 1 : 0);
    });
  }
}

/** Replaces connections and acknowledgements by those of a snapshot of format 1. */
export function readWholeSnapshot(payload: Buffer, open: OpenConnections, acknowledged: Map<string, string>): void {
  const reader = new ByteReader(payload);
  const found = readAcknowledgements(reader);
  const connections: Retagging[] = [];
  for (let left = reader.varint(); left > 0; left--) connections.push(readRetagging(reader, 1));
  replace(acknowledged, found);
  open.clear();
  for (const connection of connections) open.restore(connection);
}

/**
 * Assembles a snapshot from its parts. A whole one replaces what is known. If parts are missing,
 * the others add to it.
 */
export class SnapshotAssembly {
  readonly #open: OpenConnections;
  readonly #acknowledged: Map<string, string>;
  #parts: SnapshotPart[] = [];

  constructor(open: OpenConnections, acknowledged: Map<string, string>) {
    this.#open = open;
    this.#acknowledged = acknowledged;
  }

  add(payload: Buffer, format: LogFormat): void {
    const part = readPart(payload, format);
    if (part.index <= (this.#parts.at(-1)?.index ?? -1)) this.end();
    this.#parts.push(part);
    if (part.isLast) this.end();
  }

  /**
   * Must be called before any other record is applied, and at the end: a snapshot may lack its last
   * part.
   */
  end(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    const isWhole = parts.at(-1)?.isLast === true && parts.every(({ index }, place) => index === place);
    if (isWhole) {
      this.#open.clear();
      this.#acknowledged.clear();
    }
    for (const { connections, acknowledged } of parts) {
      for (const connection of connections) this.#open.restore(connection);
      for (const [sink, id] of acknowledged) this.#acknowledged.set(sink, id);
    }
  }
}

function readPart(payload: Buffer, format: LogFormat): SnapshotPart {
  const reader = new ByteReader(payload);
  const index = reader.varint();
  const acknowledged = readAcknowledgements(reader);
  const connections: Retagging[] = [];
  while (reader.uint8() === 1) connections.push(readRetagging(reader, format));
  return { index, isLast: reader.uint8() === 1, connections, acknowledged };
}

function writeAcknowledgements(writer: ByteWriter, acknowledged: Acknowledgements): void {
  writer.varint(acknowledged.size);
  for (const [sink, id] of acknowledged) {
    writer.text(sink);
    writer.text(id);
  }
}

function readAcknowledgements(reader: ByteReader): Map<string, string> {
  const acknowledged = new Map<string, string>();
  for (let left = reader.varint(); left > 0; left--) acknowledged.set(reader.text(), reader.text());
  return acknowledged;
}

function replace(known: Map<string, string>, found: Acknowledgements): void {
  known.clear();
  for (const [sink, id] of found) known.set(sink, id);
}

/** Header of a segment. */
export interface SegmentHeader {
  readonly format: LogFormat;
  /** Boot of its events. */
  readonly boot: EventBoot;
  /** True when it has all waiting events: the segments before it are no longer valid. */
  readonly isReplacement: boolean;
}

/**
 * Magic, version, flags, node, boot epoch, CRC-32 of the bytes before it. The same in every
 * version.
 */
export const SEGMENT_HEADER_BYTES = 20;

/** The format that is written, which is the newest one that can be read. */
export const FORMAT: LogFormat = 3;
const FORMATS: readonly LogFormat[] = [1, 2, FORMAT];
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

/** `newer`: written by a later version; `damaged`: incomplete or not a header. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | 'newer' | 'damaged' {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return 'damaged';
  if (bytes.readUInt32LE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) return 'damaged';
  const version = bytes.readUInt8(4);
  if (version > FORMAT) return 'newer';
  const format = FORMATS.find((known) => known === version);
  if (format === undefined) return 'damaged';
  const boot = { node: formatNode(bytes.readUInt16LE(6)), epoch: bytes.readDoubleLE(8) };
  return { format, boot, isReplacement: (bytes.readUInt8(5) & IS_REPLACEMENT) !== 0 };
}

/**
 * Repairs a header with one wrong byte, by its checksum; undefined when more than one byte is
 * wrong.
 */
export function repairSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
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
