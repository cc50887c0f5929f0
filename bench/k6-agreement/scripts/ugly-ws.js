import ws from 'k6/ws';

export default function () {
  for (const path of __ENV.PATHS.split(',')) {
    const heard = [];
    try {
      const params = path === 'deflate-garbage' ? { compression: 'deflate' } : {};
      const answer = ws.connect(`ws://${__ENV.UGLY}/${path}`, params, (socket) => {
        for (const event of ['open', 'message', 'ping', 'pong'])
          socket.on(event, (text) => heard.push(`${event} ${text === undefined ? '' : String(text).slice(0, 20)}`));
        socket.on('binaryMessage', (bytes) => heard.push(`binary ${bytes.byteLength}`));
        socket.on('error', (error) => heard.push(`error ${error.error()}`));
        socket.on('close', (code) => heard.push(`close ${code}`));
        socket.setTimeout(() => {
          heard.push('timeout');
          socket.close();
        }, 700);
      });
      const { status, error, body, url, headers } = answer;
      heard.push(JSON.stringify([status, error, body, url, Object.keys(headers).sort()]));
    } catch (thrown) {
      heard.push(`thrown ${thrown}`);
    }
    console.log(`${path}: ${heard.join(' | ')}`);
  }
}
