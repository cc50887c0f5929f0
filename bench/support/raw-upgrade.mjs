import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const HEADERS = [
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];
/** As browsers offer it. */
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';

/**
 * The cheapest WebSocket client: upgrades, then calls `onBytes(count)` and parses nothing. Reads
 * into a buffer that all share.
 */
export function rawUpgrade(port, buffer, onBytes, { isCompressed = false, isTls = false, path = '/connect' } = {}) {
  const lines = [`GET ${path} HTTP/1.1`, ...HEADERS, ...(isCompressed ? [OFFER] : []), '', ''];
  return new Promise((resolve, reject) => {
    let head = '';
    const read = (count) => {
      if (head === undefined) {
        onBytes(count);
        return true;
      }
      head += buffer.toString('latin1', 0, count);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head.slice(0, 100)));
      onBytes(head.length - end - 4);
      head = undefined;
      resolve(socket);
      return true;
    };
    const socket = dial({ port, isTls, onread: { buffer, callback: read } });
    socket.on('error', reject);
    socket.on(isTls ? 'secureConnect' : 'connect', () => socket.write(lines.join('\r\n')));
  });
}

/** A connection to loopback; over TLS with whatever certificate the server shows. */
export function dial({ isTls, ...options }) {
  const target = { host: '127.0.0.1', noDelay: true, ...options };
  return isTls ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
}
