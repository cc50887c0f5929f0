import { addressFromBytes, canonicalAddress } from './remote-address.js';

/** The source that a header names: the client, nobody (`unknown`), or the proxy itself, which asks on its own behalf. */
export type ProxySource = { readonly address: string; readonly port: number } | 'unknown' | 'proxy';

/** What the first bytes of a connection say. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'complete'; readonly bytes: number; readonly source: ProxySource };

const V1_START = Buffer.from('PROXY ', 'latin1');
/** With its CRLF, by the specification. */
const V1_MAX_BYTES = 107;
const V2_START = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V2_HEAD_BYTES = 16;
/** Addresses take 216 bytes at most; the rest is extensions, which nothing here reads. */
export const MAX_PROXY_HEADER_BYTES = 4096;
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const V1_LINE = /^PROXY (?:(UNKNOWN)(?: .*)?|(TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5}))$/;
const MAX_PORT = 65_535;

/** Reads a PROXY protocol header, version 1 or 2, from the first bytes of a connection. Never throws; what it cannot read is invalid. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V2_START)) return bytes.length < V2_HEAD_BYTES ? INCOMPLETE : parseV2(bytes);
  if (startsLike(bytes, V1_START)) return parseV1(bytes);
  return invalid('the connection does not begin with a PROXY header');
}

/** As far as both go. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) return bytes.length < V1_MAX_BYTES ? INCOMPLETE : invalid('the line of version 1 is too long');
  const match = V1_LINE.exec(bytes.toString('latin1', 0, end));
  if (match === null) return invalid('the line of version 1 is malformed');
  const [, unknown, family, source = '', destination = ''] = match;
  if (unknown !== undefined) return { kind: 'complete', bytes: end + 2, source: 'unknown' };
  const port = Number(match[5]);
  const fits = [source, destination].every((address) => isOfFamily(address, family));
  if (!fits || port > MAX_PORT || Number(match[6]) > MAX_PORT) return invalid('version 1 names no valid address');
  return { kind: 'complete', bytes: end + 2, source: { address: canonicalAddress(source), port } };
}

function isOfFamily(address: string, family: string | undefined): boolean {
  return canonicalAddress(address) !== '' && address.includes(':') === (family === 'TCP6');
}

function parseV2(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes.readUInt8(12);
  const total = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) return invalid('the version is neither 1 nor 2');
  if (total > MAX_PROXY_HEADER_BYTES) return invalid(`version 2 has more than ${MAX_PROXY_HEADER_BYTES} bytes`);
  if (bytes.length < total) return INCOMPLETE;
  const command = versionAndCommand & 0x0f;
  if (command > 1) return invalid('the command of version 2 is unknown');
  const source = command === 0 ? 'proxy' : sourceOfV2(bytes.subarray(V2_HEAD_BYTES, total), bytes.readUInt8(13));
  return source === undefined
    ? invalid('version 2 is too short for its addresses')
    : { kind: 'complete', bytes: total, source };
}

/** Undefined when the addresses do not fit. */
function sourceOfV2(addresses: Buffer, familyAndProtocol: number): ProxySource | undefined {
  const size = addressBytes(familyAndProtocol >> 4);
  if (size === undefined) return 'unknown';
  if (addresses.length < size * 2 + 4) return undefined;
  return { address: addressFromBytes(addresses.subarray(0, size)), port: addresses.readUInt16BE(size * 2) };
}

/** Undefined for UNSPEC, UNIX and what is not defined yet: they name nobody that we could judge. */
function addressBytes(family: number): number | undefined {
  if (family === 1) return 4;
  return family === 2 ? 16 : undefined;
}

function invalid(problem: string): ProxyHeader {
  return { kind: 'invalid', problem };
}
