import { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { OpenConnections } from './open-connections.js';

/** For each sink the id of the last event that it acknowledged; '' before the first. */
export type Acknowledgements = ReadonlyMap<string, string>;

/** Appends what the older files of the log tell beside their events, so that these may go. */
export function writeSnapshot(writer: ByteWriter, open: OpenConnections, acknowledged: Acknowledgements): void {
  writer.varint(acknowledged.size);
  for (const [sink, id] of acknowledged) {
    writer.text(sink);
    writer.text(id);
  }
  open.write(writer);
}

/** Replaces both by what the snapshot says. */
export function readSnapshot(payload: Buffer, open: OpenConnections, acknowledged: Map<string, string>): void {
  const reader = new ByteReader(payload);
  acknowledged.clear();
  for (let left = reader.varint(); left > 0; left--) acknowledged.set(reader.text(), reader.text());
  open.read(reader);
}
