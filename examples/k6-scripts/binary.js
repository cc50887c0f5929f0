// Binary frames: a small header, a payload, and an echo that is compared byte by byte.
import ws from 'k6/ws';
import { check } from 'k6';

const HEADER_BYTES = 4;

function frame(sequence, size) {
  const bytes = new Uint8Array(HEADER_BYTES + size);
  new DataView(bytes.buffer).setUint32(0, sequence);
  bytes.fill(sequence & 0xff, HEADER_BYTES);
  return bytes.buffer;
}

export default function () {
  const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';
  let sequence = 0;
  const response = ws.connect(url, { compression: 'deflate' }, (socket) => {
    socket.on('open', () => socket.sendBinary(frame(sequence, 100)));
    socket.on('binaryMessage', (message) => {
      check(message, {
        'sequence comes back': (m) => new DataView(m).getUint32(0) === sequence,
        'size comes back': (m) => m.byteLength === HEADER_BYTES + 100,
      });
      sequence += 1;
      if (sequence === 3) socket.close(1000);
      else socket.sendBinary(frame(sequence, 100));
    });
  });
  check(response, { connected: (r) => r.status === 101 });
}
