import { createHash } from 'node:crypto';
import { randomUuid } from './jslib-k6-utils.js';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

/** The library `uuid` of jslib.k6.io: versions 1, 3, 4, 5, and what tells them apart. */
export function createUuid(random: () => number): object {
  const all = {
    v1: () => timeUuid(random),
    v3: (name: unknown, namespace: unknown = DNS) => namedUuid('md5', 0x30, String(name), String(namespace)),
    v4: () => randomUuid(random),
    v5: (name: unknown, namespace: unknown = DNS) => namedUuid('sha1', 0x50, String(name), String(namespace)),
    validate: (text: unknown) => UUID.test(String(text)),
    version: (text: unknown) => Number.parseInt(String(text).charAt(14), 16),
    NIL: '00000000-0000-0000-0000-000000000000',
  };
  return { ...all, default: all };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** 100 ns from 15 October 1582 to the Unix epoch. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;

function timeUuid(random: () => number): string {
  const ticks = BigInt(Date.now()) * 10_000n + GREGORIAN_OFFSET + BigInt(Math.floor(random() * 10_000));
  const hex = ticks.toString(16).padStart(15, '0');
  const node = randomUuid(random).slice(-12);
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${randomUuid(random).slice(19, 23)}-${node}`;
}

function namedUuid(algorithm: 'md5' | 'sha1', version: number, name: string, namespace: string): string {
  const bytes = createHash(algorithm)
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | version;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
