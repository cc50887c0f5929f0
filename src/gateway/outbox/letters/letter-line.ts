import { z } from 'zod';
import { CLOSE_REASONS, type CloseReasonName } from '../../connection/close-reason.js';
import { parseEventId, type EventDestinations, type GatewayEvent } from '../../event/gateway-event.js';

/** An event that a sink refused for good, as it stands in the sink's file. */
export interface DeadLetter {
  /** When it was refused the last time, in ISO 8601. */
  readonly time: string;
  /** Why. */
  readonly reason: string;
  /** Without its destinations, which `destinations` has. */
  readonly event: GatewayEvent;
  /** By the names of sinks, so that the file outlives changes of their positions. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Where the message begins, which stands last. Inside a JSON string quotes are escaped, so nothing
 * else looks like it.
 */
const MESSAGE_KEY = Buffer.from(',"message":"');
const END = Buffer.from('"}');
/** A multiple of 3, so that pieces of base64 follow one another without padding. */
const PIECE_BYTES = 3 * 1024 * 1024;
/** Longer base64 is not read with JSON.parse, which takes a string. */
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

/** One JSON line, in pieces: a large message in base64 is longer than a string can be. */
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

/** Undefined when the line is no letter. Without its line break. */
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

/** The destinations of an event, by the names of the sinks at these positions. */
export function namedDestinations(
  destinations: EventDestinations | undefined,
  positions: readonly string[],
): DeadLetter['destinations'] {
  if (destinations === undefined) return undefined;
  return Object.fromEntries(positions.map((name, position) => [name, destinations[position] ?? '']));
}

/** The event of a letter with its destinations, by the positions of the sinks. */
export function letterEvent({ event, destinations }: DeadLetter, positions: readonly string[]): GatewayEvent {
  if (destinations === undefined) return event;
  return { ...event, destinations: positions.map((name) => destinations[name] ?? '') };
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

/**
 * The line without its message, and the message. Undefined when the message does not stand last.
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
