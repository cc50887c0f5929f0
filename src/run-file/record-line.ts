import { crc32 } from 'node:zlib';

/** The version of the format that this program writes: docs/reference/run-file.md. */
export const RUN_FORMAT = { major: 2, minor: 1 } as const;

/** The first word of every run file. */
export const MAGIC = 'wsg-run';

/**
 * Replaces the kind of a histogram if the bytes are a sketch of values other than times; since 1.1.
 */
export const VALUE_KIND = 'value';

/** The kinds of records that this version knows; a reader skips all others. */
export type RecordKind =
  'header' | 'series' | 'second' | 'histogram' | 'health' | 'gateway' | 'event' | 'total' | 'threshold' | 'end';

/** The first line, with its line feed. */
export function magicLine(): string {
  return `${MAGIC} ${RUN_FORMAT.major}.${RUN_FORMAT.minor}\n`;
}

/** First major version whose records have a checksum. */
export const CHECKED_SINCE = 2;
/** Length of a checksum and the space after it. */
export const CHECKSUM_BYTES = 9;

/** CRC-32 (ISO 3309, as in gzip) as eight hexadecimal digits. */
export function checksumOf(payload: string | Uint8Array): string {
  return crc32(payload).toString(16).padStart(8, '0');
}

/**
 * A record's line, with its line feed. The payload does not contain one: JSON escapes it, the rest
 * is words and base64.
 */
export function recordLine(kind: RecordKind, payload: string): string {
  return `${kind} ${Buffer.byteLength(payload)} ${checksumOf(payload)} ${payload}\n`;
}
