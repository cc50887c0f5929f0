/** The version of the format that this program writes: docs/reference/run-file.md. */
export const FORMAT = { major: 1, minor: 2 } as const;

/** The first word of every run file. */
export const MAGIC = 'wsg-run';

/** Stands in the place of a histogram's kind when the bytes are a sketch of values that are no times; since 1.1. */
export const VALUE_KIND = 'value';

/** The kinds of records that this version knows; a reader skips all others. */
export type RecordKind =
  'header' | 'series' | 'second' | 'histogram' | 'health' | 'gateway' | 'event' | 'total' | 'threshold' | 'end';

/** The first line, with its line feed. */
export function magicLine(): string {
  return `${MAGIC} ${FORMAT.major}.${FORMAT.minor}\n`;
}

/** A record's line, with its line feed. The payload holds none: JSON escapes it, the rest is words and base64. */
export function recordLine(kind: RecordKind, payload: string): string {
  return `${kind} ${Buffer.byteLength(payload)} ${payload}\n`;
}
