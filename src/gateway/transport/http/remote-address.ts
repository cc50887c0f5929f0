import { isIP, SocketAddress } from 'node:net';

const MAPPED_PREFIX = '::ffff:';

/**
 * Stands for a client address from a proxy that no client of it can have. Such requests are
 * refused.
 */
export const IMPOSSIBLE_ADDRESS = 'impossible';

let lastIpv4 = { bits: 0, text: '0.0.0.0' };

/**
 * An address as text from its 4 or 16 bytes: IPv4-mapped IPv6 as IPv4, other IPv6 compressed; ''
 * for anything else.
 */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return ipv4(bytes);
  if (bytes.length !== 16) return '';
  if (isMapped(bytes)) return bytes.subarray(12).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** Caches the last address, because one backend sends many requests. Measured by bench/fan-out. */
function ipv4(bytes: Uint8Array): string {
  let bits = 0;
  for (let i = 0; i < 4; i += 1) bits = bits * 256 + (bytes[i] ?? 0);
  if (lastIpv4.bits !== bits) lastIpv4 = { bits, text: bytes.join('.') };
  return lastIpv4.text;
}

/** Converts an address that Node gives as text to the same form. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  const isMappedText = address.startsWith(MAPPED_PREFIX) && address.includes('.');
  return isMappedText ? address.slice(MAPPED_PREFIX.length) : address;
}

/**
 * Converts an address from a header to the same form; '' if it is not an address. A zone (`%eth0`)
 * is removed.
 */
export function canonicalAddress(text: string): string {
  const [address = ''] = text.split('%', 1);
  const version = isIP(address);
  if (version === 0) return '';
  return version === 4 ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** Returns the host of `ip:port`, without brackets. */
export function hostOf(joined: string): string {
  return joined.slice(0, joined.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

/** `ip:port`, IPv6 in brackets. */
export function joinAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i += 1) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
