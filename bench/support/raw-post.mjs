import { dial } from './raw-upgrade.mjs';

/** The bytes of a POST on a connection that stays open. */
export function encodePost({ path, type, body, bodyBytes = Buffer.byteLength(body) }) {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    `Content-Length: ${bodyBytes}`,
    '',
    '',
  ];
  return Buffer.from(head.join('\r\n') + body);
}

/**
 * Sends one POST after the other: `post(bytes)` calls `onAnswer(status, body)` once it is answered.
 * Reconnects if the server ends the connection after each answer.
 */
export function rawPoster(port, onAnswer, { isTls = false } = {}) {
  let socket;
  const open = () =>
    new Promise((resolve, reject) => {
      socket = dial({ port, isTls });
      socket.on('error', reject);
      socket.on(isTls ? 'secureConnect' : 'connect', resolve);
      readAnswers(socket, ({ status, body, isLast }) => {
        if (!isLast) return onAnswer(status, body);
        socket.destroy();
        open().then(() => onAnswer(status, body), reject);
      });
    });
  return open().then(() => ({ post: (bytes) => socket.write(bytes), close: () => socket.destroy() }));
}

function readAnswers(socket, onAnswer) {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = text.slice(0, end + 2);
    const bodyEnd = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (text.length < bodyEnd) return;
    const body = text.slice(end + 4, bodyEnd);
    text = '';
    onAnswer({ status: Number(head.slice(9, 12)), body, isLast: /\r\nconnection: *close/i.test(head) });
  });
}
