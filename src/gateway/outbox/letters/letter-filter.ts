import type { DeadLetter } from './letter-line.js';

/** Which letters are meant; all that it says must hold. */
export interface LetterFilter {
  /** A part of the reason, in upper or lower case. */
  readonly reason?: string | undefined;
  /** Refused at this time or later, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  /** Refused before this time. */
  readonly untilMs?: number | undefined;
  /** Ids of events; undefined: any. */
  readonly ids?: ReadonlySet<string> | undefined;
}

export function matches({ reason, sinceMs, untilMs, ids }: LetterFilter, letter: DeadLetter): boolean {
  if (ids !== undefined && !ids.has(letter.event.id)) return false;
  if (reason !== undefined && !letter.reason.toLowerCase().includes(reason.toLowerCase())) return false;
  const atMs = Date.parse(letter.time);
  return atMs >= (sinceMs ?? -Infinity) && atMs < (untilMs ?? Infinity);
}
