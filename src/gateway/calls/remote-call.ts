import { z } from 'zod';
import type { BatchItem, ConnectionStatus, StatusRequest, TagChanges } from '../bus/bus.js';
import { makeMessage } from '../connection/message.js';
import { formatSelector } from '../tag-index/format-selector.js';
import { parseSelector, type Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import { FRAME_FLAG } from './frame.js';

/** Operations, as numbers in frames. Numbers are never given to another operation. */
export const OP = { send: 1, settags: 2, close: 3, status: 4, tree: 5, batch: 9, knowsKey: 10 } as const;

/** A call of the bus that another process carries out on its connections. */
export type RemoteCall =
  | { readonly op: 'send'; readonly selector: Selector; readonly message: OutboundMessage }
  | { readonly op: 'settags'; readonly selector: Selector; readonly changes: TagChanges }
  | { readonly op: 'close'; readonly selector: Selector; readonly message: OutboundMessage | undefined }
  | { readonly op: 'status'; readonly request: StatusRequest }
  | { readonly op: 'tree' }
  | { readonly op: 'batch'; readonly items: readonly BatchItem[] }
  | { readonly op: 'knowsKey'; readonly key: string };

/** A call in the form of a frame. */
export interface EncodedCall {
  readonly op: number;
  readonly flags: number;
  readonly body: Uint8Array;
}

/** The answer of a process to a call. */
export type CallAnswer =
  | {
      readonly outcome: 'done';
      /** Connections reached; for a batch the sum, for `knowsKey` 1 or 0. */
      readonly count: number;
      /** Only for a batch: the count of each item. */
      readonly totals?: readonly number[];
      readonly connections?: readonly ConnectionStatus[];
      readonly tree?: ReadonlyMap<string, readonly string[]>;
      /** Processes of the node that did not answer it, so that the rest is incomplete. */
      readonly silent?: readonly string[];
    }
  | { readonly outcome: 'refused' | 'unsupported'; readonly reason: string };

/** `partial` is `done` with the names of silent processes before the rest. */
const OUTCOMES = ['done', 'refused', 'unsupported', 'partial'] as const;
const U32 = 4;
const NOTHING = new Uint8Array(0);

/** Encodes a call. */
export function encodeCall(call: RemoteCall): EncodedCall {
  const op = OP[call.op];
  switch (call.op) {
    case 'send':
      return { op, ...withMessage(call.selector, call.message) };
    case 'close':
      return { op, ...withMessage(call.selector, call.message ?? makeMessage(new Uint8Array(0), false)) };
    case 'settags':
      return { op, flags: 0, body: withQuery(call.selector, jsonBytes([...call.changes])) };
    case 'status':
      return { op, flags: 0, body: withQuery(call.request.selector, jsonBytes(pageOf(call.request))) };
    case 'tree':
      return { op, flags: 0, body: new Uint8Array(0) };
    case 'batch':
      return { op, flags: 0, body: Buffer.concat(call.items.flatMap(itemPieces)) };
    case 'knowsKey':
      return { op, flags: 0, body: Buffer.from(call.key) };
  }
}

/**
 * Decodes a call; undefined for an operation that this version does not know. Throws for a body
 * that is not one. Payloads share memory with `body`.
 */
export function decodeCall({ op, flags, body }: EncodedCall): RemoteCall | undefined {
  const reader = new BodyReader(body);
  const isBinary = (flags & FRAME_FLAG.binary) !== 0;
  switch (op) {
    case OP.send:
      return { op: 'send', selector: reader.selector(), message: makeMessage(reader.rest(), isBinary) };
    case OP.close: {
      const selector = reader.selector();
      const payload = reader.rest();
      return { op: 'close', selector, message: payload.length === 0 ? undefined : makeMessage(payload, isBinary) };
    }
    case OP.settags:
      return { op: 'settags', selector: reader.selector(), changes: new Map(pairs.parse(reader.json())) };
    case OP.status:
      return { op: 'status', request: { selector: reader.selector(), ...page.parse(reader.json()) } };
    case OP.tree:
      return { op: 'tree' };
    case OP.batch:
      return { op: 'batch', items: reader.items() };
    case OP.knowsKey:
      return { op: 'knowsKey', key: reader.rest().toString() };
    default:
      return undefined;
  }
}

/** Encodes an answer: u8 outcome, u32 count, and what belongs to the operation. */
export function encodeAnswer(answer: CallAnswer): Uint8Array {
  if (answer.outcome !== 'done') return answerBytes(OUTCOMES.indexOf(answer.outcome), 0, Buffer.from(answer.reason));
  const { count, silent = [] } = answer;
  if (silent.length === 0) return answerBytes(0, count, resultBytes(answer));
  const names = lengthPrefixed(jsonBytes(silent));
  return answerBytes(OUTCOMES.indexOf('partial'), count, Buffer.concat([names, resultBytes(answer)]));
}

function resultBytes({ totals, connections, tree }: Extract<CallAnswer, { outcome: 'done' }>): Uint8Array {
  if (totals !== undefined) return u32s(totals);
  if (connections !== undefined) return jsonBytes(connections.map(({ id, tags }) => [id, [...tags]]));
  return tree === undefined ? NOTHING : jsonBytes([...tree]);
}

/** Decodes the answer to a call with this operation. Throws for a body that is not one. */
export function decodeAnswer(op: number, body: Uint8Array): CallAnswer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const outcome = OUTCOMES[bytes.readUInt8(0)];
  const count = bytes.readUInt32BE(1);
  const rest = bytes.subarray(1 + U32);
  if (outcome === undefined) throw new Error(`the outcome ${bytes.readUInt8(0)} of an answer is unknown`);
  if (outcome === 'done') return { outcome, count, ...readResult(op, rest) };
  if (outcome !== 'partial') return { outcome, reason: rest.toString() };
  const end = U32 + rest.readUInt32BE(0);
  const silent = z.array(z.string()).parse(parseJson(rest.subarray(U32, end)));
  return { outcome: 'done', count, silent, ...readResult(op, rest.subarray(end)) };
}

function readResult(op: number, rest: Buffer) {
  switch (op) {
    case OP.batch:
      return { totals: readU32s(rest) };
    case OP.status:
      return { connections: listing.parse(parseJson(rest)) };
    case OP.tree:
      return { tree: new Map(treeEntries.parse(parseJson(rest))) };
    default:
      return {};
  }
}

const pairs = z.array(z.tuple([z.string(), z.string()]));
const page = z.object({ after: z.string().optional(), limit: z.number().optional() });
const treeEntries = z.array(z.tuple([z.string(), z.array(z.string())]));
const listing = z.array(z.tuple([z.string(), pairs]).transform(([id, tags]) => ({ id, tags: new Map(tags) })));

function pageOf({ after, limit }: StatusRequest) {
  return { after, limit };
}

function withMessage(selector: Selector, { payload, binary }: OutboundMessage): Omit<EncodedCall, 'op'> {
  return { flags: binary ? FRAME_FLAG.binary : 0, body: withQuery(selector, payload) };
}

/** Hot: runs once for each call to other processes, so it allocates once. */
function withQuery(selector: Selector, rest: Uint8Array): Buffer {
  const query = formatSelector(selector);
  const length = Buffer.byteLength(query);
  const bytes = Buffer.allocUnsafe(U32 + length + rest.length);
  bytes.writeUInt32BE(length, 0);
  bytes.write(query, U32);
  bytes.set(rest, U32 + length);
  return bytes;
}

function itemPieces({ selector, message: { payload, binary } }: BatchItem): Uint8Array[] {
  const query = Buffer.from(formatSelector(selector));
  return [lengthPrefixed(query), Uint8Array.of(binary ? 1 : 0), lengthPrefixed(payload)];
}

function lengthPrefixed(bytes: Uint8Array): Buffer {
  const all = Buffer.allocUnsafe(U32 + bytes.length);
  all.writeUInt32BE(bytes.length, 0);
  all.set(bytes, U32);
  return all;
}

function answerBytes(outcome: number, count: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + U32 + rest.length);
  bytes.writeUInt8(outcome, 0);
  bytes.writeUInt32BE(count, 1);
  bytes.set(rest, 1 + U32);
  return bytes;
}

function u32s(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * U32);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * U32));
  return bytes;
}

function readU32s(bytes: Buffer): number[] {
  return Array.from({ length: Math.floor(bytes.length / U32) }, (_, index) => bytes.readUInt32BE(index * U32));
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parseJson(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}

/** Reads the body of a call from its beginning. Methods throw when it ends too early. */
class BodyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  selector(): Selector {
    const query = this.#prefixed().toString();
    const selector = parseSelector(query);
    if (typeof selector === 'string') throw new Error(selector);
    return selector;
  }

  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  json(): unknown {
    return parseJson(this.rest());
  }

  items(): BatchItem[] {
    const items: BatchItem[] = [];
    while (this.#at < this.#bytes.length) {
      const selector = this.selector();
      const isBinary = this.#bytes.readUInt8(this.#at) === 1;
      this.#at += 1;
      items.push({ selector, message: makeMessage(this.#prefixed(), isBinary) });
    }
    return items;
  }

  #prefixed(): Buffer {
    const from = this.#at + U32;
    const end = from + this.#bytes.readUInt32BE(this.#at);
    if (end > this.#bytes.length) throw new RangeError('the body ends within a field');
    this.#at = end;
    return this.#bytes.subarray(from, end);
  }
}
