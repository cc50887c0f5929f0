/** The parts of a PROXY header of version 2; those left out are as a proxy writes them. */
export interface ProxyV2Parts {
  readonly version?: number;
  /** 0 is LOCAL, 1 is PROXY. */
  readonly command?: number;
  /** 1 is IPv4, 2 is IPv6. */
  readonly family?: number;
  /** The client's address. With port and destination it makes up the address block. */
  readonly address?: readonly number[];
  readonly port?: number;
  /** Number of bytes after the addresses. */
  readonly extensions?: number;
}

/** The bytes of a PROXY header of version 2. */
export function proxyV2(parts: ProxyV2Parts): Buffer {
  const { version = 2, command = 1, family = 0, address, port = 0, extensions = 0 } = parts;
  const addresses = address === undefined ? Buffer.alloc(0) : addressBlock(address, port);
  const head = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0, 0, 0, 0]);
  head.writeUInt8((version << 4) | command, 12);
  head.writeUInt8((family << 4) | 1, 13);
  head.writeUInt16BE(addresses.length + extensions, 14);
  return Buffer.concat([head, addresses, Buffer.alloc(extensions)]);
}

function addressBlock(address: readonly number[], port: number): Buffer {
  const block = Buffer.alloc(address.length * 2 + 4);
  block.set(address, 0);
  block.writeUInt16BE(port, address.length * 2);
  return block;
}
