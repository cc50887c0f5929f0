import { isUtf8 } from 'node:buffer';
import { isRecord } from '../../core/is-record.js';
import type { BatchItem } from '../bus/bus.js';
import { makeMessage } from '../connection/message.js';
import { parseSelector } from '../tag-index/parse-selector.js';

/** The content type of a batch with one JSON object a line. */
export const NDJSON = 'application/x-ndjson';
/** The content type of a batch of length-prefixed fields. */
export const FRAMED = 'application/vnd.wsg.batch';

/** Larger batches gain nothing, and hold up other requests. */
const MOST_ITEMS = 10_000;

/** One item of a batch, or the reason why it cannot be sent. */
export type BatchEntry = BatchItem | string;

/** A batch that cannot be read as a whole. Nothing of it is sent. */
export interface BatchRefusal {
  readonly status: 400 | 413;
  readonly reason: string;
}

const TOO_MANY: BatchRefusal = {
  status: 413,
  reason: `the batch has more than ${MOST_ITEMS} messages; send it as several batches`,
};

/**
 * Reads a batch with one JSON object a line. Every line is an item, also an empty one, so that the
 * lines of the answer are in step with it; a newline at the end begins no further line.
 */
export function readNdjson(body: Uint8Array): BatchEntry[] | BatchRefusal {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Latin-1 keeps the bytes of lines apart, so that one line of other bytes fails alone.
  const isText = isUtf8(bytes);
  const lines = bytes.toString(isText ? 'utf8' : 'latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > MOST_ITEMS) return TOO_MANY;
  return isText ? lines.map(readLine) : lines.map(readByteLine);
}

function readByteLine(line: string): BatchEntry {
  const bytes = Buffer.from(line, 'latin1');
  return isUtf8(bytes) ? readLine(bytes.toString()) : 'the line must be UTF-8';
}

/** Hot path: once per message. Measured by bench/batch. */
function readLine(line: string): BatchEntry {
  const value = parsed(line);
  if (!isRecord(value)) return 'the line must be a JSON object';
  const { selector: query } = value;
  if (typeof query !== 'string') return 'selector must be a string such as "room=7"';
  const selector = parseSelector(query);
  if (typeof selector === 'string') return selector;
  const message = messageOf(value, line);
  return typeof message === 'string' ? message : { selector, message };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Message = BatchItem['message'];

function messageOf(value: Readonly<Record<string, unknown>>, line: string): Message | string {
  let given: string | undefined;
  for (const key in value) {
    if (key === 'selector') continue;
    if (key !== 'text' && key !== 'json' && key !== 'base64') return `unknown key ${JSON.stringify(key)}`;
    if (given !== undefined) return `give one of text, json and base64 (got ${given} and ${key})`;
    given = key;
  }
  if (given === undefined) return 'give one of text, json and base64';
  return given === 'text' ? textOf(value['text'], line) : otherMessage(given, value);
}

function textOf(text: unknown, line: string): Message | string {
  if (typeof text !== 'string') return 'text must be a string; use json for other values';
  // Only an escape can make half of a character.
  if (line.includes('\\u') && LONE_SURROGATE.test(text)) return 'text must not contain half of a surrogate pair';
  return makeMessage(Buffer.from(text), false);
}

function otherMessage(key: string, { json, base64 }: Readonly<Record<string, unknown>>): Message | string {
  if (key === 'json') return jsonMessage(json);
  if (typeof base64 !== 'string' || !BASE64.test(base64)) return 'base64 must be a string in base64 with its padding';
  return makeMessage(Buffer.from(base64, 'base64'), true);
}

/** Serializing is recursive, where parsing is not: deep nesting overflows the stack. */
function jsonMessage(json: unknown): Message | string {
  try {
    return makeMessage(Buffer.from(JSON.stringify(json)), false);
  } catch {
    return 'json is nested too deeply';
  }
}

/** Bytes of an item before the selector: u8 kind, u32 length of the selector, u32 of the message. */
const HEAD_BYTES = 9;
const KIND = { text: 0, binary: 1 } as const;

/**
 * Reads a batch of items, each u8 kind (0 text, 1 binary), u32 length of the selector, u32 length of
 * the message, selector, message; numbers are big-endian. Messages share memory with `body`.
 */
export function readFramed(body: Uint8Array): BatchEntry[] | BatchRefusal {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const entries: BatchEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === MOST_ITEMS) return TOO_MANY;
    const end = endOfItem(bytes, at);
    if (end > bytes.length) return { status: 400, reason: cutReason(entries.length + 1, end - bytes.length) };
    entries.push(readItem(bytes, at, end));
    at = end;
  }
  return entries;
}

/** Beyond the end of the bytes when they end within the item. */
function endOfItem(bytes: Buffer, at: number): number {
  const from = at + HEAD_BYTES;
  return from > bytes.length ? from : from + bytes.readUInt32BE(at + 1) + bytes.readUInt32BE(at + 5);
}

function cutReason(item: number, missing: number): string {
  return `the batch ends within item ${item}, which is ${missing} bytes longer: its lengths must be right, or the next item cannot be found`;
}

/** Hot path: once per message. Measured by bench/batch. */
function readItem(bytes: Buffer, at: number, end: number): BatchEntry {
  const kind = bytes.readUInt8(at);
  const from = at + HEAD_BYTES;
  const middle = from + bytes.readUInt32BE(at + 1);
  const selector = parseSelector(bytes.toString('utf8', from, middle));
  if (typeof selector === 'string') return selector;
  const payload = bytes.subarray(middle, end);
  if (kind === KIND.binary) return { selector, message: makeMessage(payload, true) };
  if (kind !== KIND.text) return `the kind must be ${KIND.text} (text) or ${KIND.binary} (binary), not ${kind}`;
  return isUtf8(payload) ? { selector, message: makeMessage(payload, false) } : 'a text message must be UTF-8';
}
