import type { Retagging } from '../outbox.js';
import { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { readRetagging, writeRetagging } from './event-record.js';
import { RECORD, writeRecord } from './log-record.js';
import type { OpenConnections } from './open-connections.js';

/** For each sink the id of the last event that it acknowledged; '' before the first. */
export type Acknowledgements = ReadonlyMap<string, string>;

/** A part as it was read. */
interface SnapshotPart {
  /** From 0. */
  readonly index: number;
  readonly isLast: boolean;
  readonly connections: readonly Retagging[];
  readonly acknowledged: Acknowledgements;
}

/** Where a part ends: damage takes no more of a snapshot than the parts that it hits. */
const PART_BYTES = 4096;
const NO_ACKNOWLEDGEMENTS: Acknowledgements = new Map();

/** Appends what the older files of the log tell beside their events, so that these may go. The first part has the acknowledgements. */
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

/** Replaces both by what the snapshot of format 1 says. */
export function readWholeSnapshot(payload: Buffer, open: OpenConnections, acknowledged: Map<string, string>): void {
  const reader = new ByteReader(payload);
  const found = readAcknowledgements(reader);
  const connections: Retagging[] = [];
  for (let left = reader.varint(); left > 0; left--) connections.push(readRetagging(reader));
  replace(acknowledged, found);
  open.clear();
  for (const connection of connections) open.restore(connection);
}

/** Puts a snapshot together from its parts. A whole one replaces what is known; of one with parts missing the others add to it. */
export class SnapshotAssembly {
  readonly #open: OpenConnections;
  readonly #acknowledged: Map<string, string>;
  #parts: SnapshotPart[] = [];

  constructor(open: OpenConnections, acknowledged: Map<string, string>) {
    this.#open = open;
    this.#acknowledged = acknowledged;
  }

  add(payload: Buffer): void {
    const part = readPart(payload);
    if (part.index <= (this.#parts.at(-1)?.index ?? -1)) this.end();
    this.#parts.push(part);
    if (part.isLast) this.end();
  }

  /** To be called before anything else is applied, and at the end: a snapshot may lack its last part. */
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

function readPart(payload: Buffer): SnapshotPart {
  const reader = new ByteReader(payload);
  const index = reader.varint();
  const acknowledged = readAcknowledgements(reader);
  const connections: Retagging[] = [];
  while (reader.uint8() === 1) connections.push(readRetagging(reader));
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
