import { z } from 'zod';
import { CLOSE_REASONS, type CloseReasonName } from '../../close-reason.js';
import { parseEventId, type EventDestinations, type GatewayEvent } from '../../event/gateway-event.js';

/** An event that a sink refused for good: one line of the sink's file. */
export interface DeadLetter {
  /** Time of the last refusal, in ISO 8601. */
  readonly time: string;
  /** Reason of the last refusal. */
  readonly reason: string;
  /** The event without its destinations, which are in `destinations`. */
  readonly event: GatewayEvent;
  /** Destinations by sink name: positions of sinks may change while the file exists. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Start of the message, the last member. Quotes inside JSON strings are escaped, so this cannot
 * occur elsewhere.
 */
const MESSAGE_KEY = Buffer.from(',"message":"');
const END = Buffer.from('"}');
/** A multiple of 3, so that pieces of base64 have no padding between them. */
const PIECE_BYTES = 3 * 1024 * 1024;
/** Longer lines may not fit into a string, which JSON.parse needs. */
const LARGE_LINE_BYTES = 64 * 1024 * 1024;

const letterSchema = z.object({
  time: z.iso.datetime(),
  id: z.string().refine((id) => parseEventId(id) !== undefined),
  connection: z.string(),
  action: z.enum(['open', 'close', 'message']),
  type: z.enum(['text', 'binary']).optional(),
  tags: z.string(),
  message: z.base64().optional(),
  closeReason: z.string().optional(),
  destinations: z.record(z.string(), z.string()).optional(),
  reason: z.string(),
});

/** One JSON line, in pieces: a large message in base64 may be longer than a string can be. */
export function* letterPieces({ time, reason, event, destinations }: DeadLetter): Generator<string> {
  const { id, connection, action, type, tags, message, reason: closeReason } = event;
  const head = JSON.stringify({ time, id, connection, action, type, tags, closeReason, destinations, reason });
  if (message === undefined) {
    yield `${head}\n`;
    return;
  }
  yield `${head.slice(0, -1)}${MESSAGE_KEY.toString()}`;
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.toString('base64', at, at + PIECE_BYTES);
  yield `${END.toString()}\n`;
}

/** Parses a line without its line break; undefined when it is not a dead letter. */
export function parseLetter(line: Buffer): DeadLetter | undefined {
  try {
    const large = line.length > LARGE_LINE_BYTES ? splitMessage(line) : undefined;
    const parsed = letterSchema.parse(JSON.parse((large?.head ?? line).toString('utf8')));
    return toLetter(parsed, large?.message ?? (parsed.message === undefined ? undefined : fromBase64(parsed.message)));
  } catch {
    return undefined;
  }
}

function toLetter(parsed: z.infer<typeof letterSchema>, message: Uint8Array | undefined): DeadLetter {
  const { time, reason, id, connection, action, type, tags, destinations, closeReason } = parsed;
  const event: GatewayEvent = {
    id,
    sequence: parseEventId(id)?.sequence ?? 0,
    connection,
    action,
    tags,
    ...(type && { type }),
    ...(closeReason !== undefined && isReason(closeReason) && { reason: closeReason }),
    ...(message && { message }),
  };
  return { time, reason, event, destinations };
}

/** Destinations of an event by sink name. */
export function namedDestinations(
  destinations: EventDestinations | undefined,
  positions: readonly string[],
): DeadLetter['destinations'] {
  if (destinations === undefined) return undefined;
  return Object.fromEntries(positions.map((name, position) => [name, destinations[position] ?? '']));
}

/** Event of a letter, with its destinations by the positions of the sinks. */
export function letterEvent({ event, destinations }: DeadLetter, positions: readonly string[]): GatewayEvent {
  if (destinations === undefined) return event;
  return { ...event, destinations: positions.map((name) => destinations[name] ?? '') };
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

/**
 * Splits a line into its message and the rest; undefined when the message is not the last member.
 */
function splitMessage(line: Buffer): { readonly head: Buffer; readonly message: Buffer } | undefined {
  const at = line.indexOf(MESSAGE_KEY);
  if (at === -1 || !line.subarray(-END.length).equals(END)) return undefined;
  const base64 = line.subarray(at + MESSAGE_KEY.length, -END.length);
  const pieces: Buffer[] = [];
  const step = (PIECE_BYTES / 3) * 4;
  for (let from = 0; from < base64.length; from += step) {
    pieces.push(fromBase64(base64.toString('latin1', from, from + step)));
  }
  return { head: Buffer.concat([line.subarray(0, at), Buffer.from('}')]), message: Buffer.concat(pieces) };
}

function isReason(text: string): text is CloseReasonName {
  return Object.hasOwn(CLOSE_REASONS, text);
}

/** Selects letters: a letter must meet all conditions. */
export interface LetterFilter {
  /** Part of the reason; case does not matter. */
  readonly reason?: string | undefined;
  /** Refused at this time or later, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  /** Refused before this time. */
  readonly untilMs?: number | undefined;
  /** Ids of events; any when undefined. */
  readonly ids?: ReadonlySet<string> | undefined;
}

export function matches({ reason, sinceMs, untilMs, ids }: LetterFilter, letter: DeadLetter): boolean {
  if (ids !== undefined && !ids.has(letter.event.id)) return false;
  if (reason !== undefined && !letter.reason.toLowerCase().includes(reason.toLowerCase())) return false;
  const atMs = Date.parse(letter.time);
  return atMs >= (sinceMs ?? -Infinity) && atMs < (untilMs ?? Infinity);
}
