import { isIP } from 'node:net';

/** A network: address, prefix length and family. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Parses `address/prefix`; host bits may be set, as in `127.0.0.1/8`. Undefined when the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] ?? '';
  const prefix = Number(match?.[2]);
  const version = isIP(address);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
