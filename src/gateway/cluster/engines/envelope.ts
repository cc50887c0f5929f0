import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { EngineTarget } from '../engine.js';
import type { NodeBoot } from './engine-link.js';

/** The first bytes of an authenticated message. */
export interface EnvelopeHead {
  readonly target: EngineTarget;
  readonly from: NodeBoot;
  /** Counts the messages of this boot from 1, over all targets. */
  readonly count: number;
  /** Wall clock of the sender, in milliseconds since the Unix epoch. */
  readonly sentAt: number;
}

/** An authentic message. */
export interface OpenedEnvelope {
  readonly from: NodeBoot;
  readonly count: number;
  readonly sentAt: number;
  /** Shares memory with the message. */
  readonly payload: Buffer;
}

/**
 * Why a message is not accepted: it has no envelope; it is not by somebody with the secret; it is
 * for another node.
 */
export type EnvelopeProblem = 'absent' | 'wrong' | 'misdirected';

/**
 * No frame begins with this byte: as the first of a length it would mean 16 MiB, in a message of at
 * most 1 MiB. So a node without the secret does not take an envelope for frames, nor the reverse.
 */
const ENVELOPE_VERSION = 1;
const TARGETS: readonly EngineTarget['to'][] = ['all', 'beats', 'node', 'inbox'];
const HEAD_BYTES = 30;
const MAC_BYTES = 32;
/** Bytes before the payload. */
export const ENVELOPE_BYTES = HEAD_BYTES + MAC_BYTES;

/** The key of a cluster. The same secret gives another key in another cluster. */
export function clusterKey(secret: string, cluster: string): KeyObject {
  return createSecretKey(createHmac('sha256', secret).update(`wsg cluster ${cluster}`).digest());
}

/**
 * Puts a payload into an envelope. In bytes, big-endian: u8 version, u8 target, u16 and u48 its node
 * and boot, u16 and u48 the sender, u48 count, u48 time of sending, HMAC-SHA256 of all the rest,
 * payload. The target is part of it, so that a message to one node cannot be repeated to another.
 */
export function sealEnvelope(key: KeyObject, head: EnvelopeHead, payload: Uint8Array): Buffer {
  const { target, from, count, sentAt } = head;
  const bytes = Buffer.allocUnsafe(ENVELOPE_BYTES + payload.length);
  let at = bytes.writeUInt8(ENVELOPE_VERSION, 0);
  at = bytes.writeUInt8(TARGETS.indexOf(target.to), at);
  at = bytes.writeUInt16BE('node' in target ? target.node : 0, at);
  at = bytes.writeUIntBE('boot' in target ? target.boot : 0, at, 6);
  at = bytes.writeUInt16BE(from.node, at);
  at = bytes.writeUIntBE(from.boot, at, 6);
  at = bytes.writeUIntBE(count, at, 6);
  at = bytes.writeUIntBE(sentAt, at, 6);
  bytes.set(payload, ENVELOPE_BYTES);
  bytes.set(macOf(key, bytes), at);
  return bytes;
}

/** Checks and opens a message that arrived at `self`. */
export function openEnvelope(key: KeyObject, self: NodeBoot, message: Uint8Array): OpenedEnvelope | EnvelopeProblem {
  if (message.length < ENVELOPE_BYTES || message[0] !== ENVELOPE_VERSION) return 'absent';
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (!timingSafeEqual(bytes.subarray(HEAD_BYTES, ENVELOPE_BYTES), macOf(key, bytes))) return 'wrong';
  if (!isFor(bytes, self)) return 'misdirected';
  return {
    from: { node: bytes.readUInt16BE(10), boot: bytes.readUIntBE(12, 6) },
    count: bytes.readUIntBE(18, 6),
    sentAt: bytes.readUIntBE(24, 6),
    payload: bytes.subarray(ENVELOPE_BYTES),
  };
}

function macOf(key: KeyObject, bytes: Buffer): Buffer {
  const mac = createHmac('sha256', key);
  return mac.update(bytes.subarray(0, HEAD_BYTES)).update(bytes.subarray(ENVELOPE_BYTES)).digest();
}

function isFor(bytes: Buffer, { node, boot }: NodeBoot): boolean {
  const to = TARGETS[bytes.readUInt8(1)];
  if (to === 'all' || to === 'beats') return true;
  if (bytes.readUInt16BE(2) !== node) return false;
  return to === 'node' || bytes.readUIntBE(4, 6) === boot;
}
