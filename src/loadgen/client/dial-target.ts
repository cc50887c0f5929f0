import { isIP } from 'node:net';
import { type DialTls } from './dial-tls.js';

/** A parsed ws:// or wss:// URL with everything that a connection needs. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Server name for TLS (SNI); empty for IP addresses, for which there is none. */
  readonly serverName: string;
  /** The upgrade request up to the value of the key. */
  readonly requestHead: string;
  readonly offersDeflate: boolean;
  /** The subprotocols that are offered. */
  readonly subprotocols: readonly string[];
  /** Whether the server's certificate must be trusted. */
  readonly verifiesCertificate: boolean;
  /** TLS state that its connections share; undefined for Node's defaults. */
  readonly tls?: DialTls;
  /** Source address of connections; undefined lets the system choose. */
  readonly localAddress?: string;
}

/** Dial options in addition to the URL. */
export interface DialOptions {
  /** Sent unchanged; `Host` and `User-Agent` replace the default ones. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly subprotocols?: readonly string[];
  /** Whether permessage-deflate is offered. */
  readonly offersDeflate?: boolean;
  readonly verifiesCertificate?: boolean;
  /** Server name for TLS instead of the URL's host. */
  readonly serverName?: string;
  readonly tls?: DialTls;
  readonly localAddress?: string;
  /** The address and port to connect to instead of the URL's. */
  readonly address?: { readonly host: string; readonly port?: number };
}

/** Parses a normalised target URL. Throws for invalid header names or values. */
export function createDialTarget(normalisedUrl: string, options: DialOptions = {}): DialTarget {
  const url = new URL(normalisedUrl);
  const isTls = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: portOf(url),
    ...options.address,
    isTls,
    serverName: options.serverName ?? (isIP(host) === 0 ? host : ''),
    requestHead: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${headerLines(url, options)}Sec-WebSocket-Key: `,
    offersDeflate: options.offersDeflate === true,
    subprotocols: options.subprotocols ?? [],
    verifiesCertificate: options.verifiesCertificate !== false,
    tls: options.tls,
    localAddress: options.localAddress,
  };
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'wss:' ? 443 : 80;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[^\r\n\0]*$/;
const OWN = /^(upgrade|connection|sec-websocket-(version|key|extensions))$/i;

function headerLines(url: URL, { headers = [], subprotocols = [], offersDeflate }: DialOptions): string {
  for (const [name, value] of headers) {
    if (!NAME.test(name) || !VALUE.test(value)) throw new TypeError(`'${name}: ${value}' is not a header`);
  }
  const given = headers.filter(([name]) => !OWN.test(name));
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const own: readonly (readonly [isSent: boolean, line: string])[] = [
    [!has('host'), `Host: ${url.host}`],
    [!has('user-agent'), 'User-Agent: wsg'],
    [true, 'Upgrade: websocket'],
    [true, 'Connection: Upgrade'],
    [true, 'Sec-WebSocket-Version: 13'],
    [offersDeflate === true, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
    [subprotocols.length > 0, `Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`],
    [url.username !== '' && !has('authorization'), `Authorization: Basic ${credentials(url)}`],
  ];
  const lines = own.flatMap(([isSent, line]) => (isSent ? [line] : []));
  return [...lines, ...given.map(([name, value]) => `${name}: ${value}`), ''].join('\r\n');
}

function credentials({ username, password }: URL): string {
  return Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
}
