import { isIP } from 'node:net';

/** What a connection needs to know of a ws:// or wss:// URL, taken apart once. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** For TLS; empty for IP addresses, which have none. */
  readonly serverName: string;
  /** The upgrade request up to the key's value. */
  readonly requestHead: string;
}

/** Takes a normalised target URL apart. */
export function createDialTarget(normalisedUrl: string): DialTarget {
  const url = new URL(normalisedUrl);
  const isTls = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const defaultPort = isTls ? 443 : 80;
  return {
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    isTls,
    serverName: isIP(host) === 0 ? host : '',
    requestHead:
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: wsg\r\n` +
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ',
  };
}
