import { WebSocket } from 'k6/experimental/websockets';

function visit(path) {
  return new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(
      `ws://${__ENV.UGLY}/${path}`,
      null,
      path === 'deflate-garbage' ? { compression: 'deflate' } : {},
    );
    socket.binaryType = 'arraybuffer';
    const timer = setTimeout(() => {
      heard.push(`timeout ${socket.readyState}`);
      socket.close();
    }, 700);
    socket.onopen = () => heard.push('open');
    socket.onmessage = ({ data }) =>
      heard.push(`message ${typeof data === 'string' ? data.slice(0, 20) : data.byteLength}`);
    socket.onping = () => heard.push('ping');
    socket.onpong = () => heard.push('pong');
    socket.onerror = ({ error, type }) => heard.push(`${type} ${error}`);
    socket.onclose = () => {
      clearTimeout(timer);
      heard.push(`close ${socket.readyState}`);
      console.log(`${path}: ${heard.join(' | ')}`);
      resolve();
    };
  });
}

export default async function () {
  for (const path of __ENV.PATHS.split(',')) await visit(path);
}
