import { WebSocket } from 'k6/experimental/websockets';
import { setInterval, clearInterval, setTimeout } from 'k6/timers';

const base = `ws://${__ENV.PLAIN}`;

function session(label, path, use = () => {}, protocols = null, params = {}) {
  return new Promise((resolve) => {
    const heard = [];
    let socket;
    try {
      socket = new WebSocket(`${base}${path}`, protocols, params);
    } catch (thrown) {
      console.log(`${label}: thrown ${String(thrown).split('\n')[0]}`);
      resolve();
      return;
    }
    heard.push(`state ${socket.readyState}`, `url ${socket.url === `${base}${path}`}`, `type ${socket.binaryType}`);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => heard.push(`open ${socket.readyState} ${socket.protocol}`));
    socket.addEventListener('message', ({ data }) =>
      heard.push(`message ${typeof data === 'string' ? data.slice(0, 40) : new Uint8Array(data)}`),
    );
    socket.addEventListener('ping', () => heard.push('ping'));
    socket.addEventListener('pong', () => heard.push('pong'));
    socket.addEventListener('error', ({ error }) => heard.push(`error ${error}`));
    socket.addEventListener('close', () => {
      heard.push(`close ${socket.readyState}`);
      console.log(`${label}: ${heard.join(' | ')}`);
      resolve();
    });
    use(socket, heard);
  });
}

export default async function () {
  await session('echo', '/echo', (socket) => {
    socket.onopen = () => {
      socket.send('hello');
      socket.send(new Uint8Array([1, 2]).buffer);
      socket.send(new Uint8Array([3]));
    };
    let count = 0;
    socket.onmessage = () => {
      if (++count === 3) socket.close();
    };
  });
  await session('blob', '/echo', (socket) => {
    socket.binaryType = 'blob';
    socket.onopen = () => socket.send(new Uint8Array([7, 8]).buffer);
    socket.onmessage = async ({ data }) => {
      console.log(`blob: ${data.size} ${typeof data.arrayBuffer}`);
      socket.close();
    };
  });
  await session('welcome', '/welcome', (socket) => setTimeout(() => socket.close(1000, 'done'), 200));
  await session('welcome and close', '/welcome-and-close');
  for (const code of [1000, 1001, 1008, 1011, 3000, 4321])
    await session(`peer ${code}`, `/close?code=${code}&reason=why`);
  await session('ping', '/ping', (socket) => {
    socket.onmessage = () => socket.close();
  });
  await session('own ping', '/echo', (socket) => {
    socket.onopen = () => socket.ping();
    socket.onpong = () => socket.close();
  });
  await session('drop', '/drop');
  await session('refused', '/refused');
  await session(
    'subprotocols',
    '/headers',
    (socket) => {
      socket.onmessage = () => socket.close();
    },
    ['chat', 'other'],
    { headers: { 'X-Own': 'a' }, tags: { kind: 'mine' } },
  );
  await session('early send', '/echo', (socket, heard) => {
    try {
      socket.send('early');
    } catch (thrown) {
      heard.push(`thrown ${thrown.name}`);
    }
    socket.onopen = () => socket.close();
  });
  await session('late send', '/echo', (socket, heard) => {
    socket.onopen = () => {
      socket.close();
      heard.push(`closing ${socket.readyState}`);
      try {
        socket.send('late');
      } catch (thrown) {
        heard.push(`thrown ${thrown.name}`);
      }
    };
  });
  await session('several handlers', '/echo', (socket, heard) => {
    socket.onopen = () => heard.push('handler 1');
    socket.onopen = () => heard.push('handler 2');
    socket.addEventListener('open', () => socket.close());
  });
  await session('timers', '/echo', (socket, heard) => {
    socket.onopen = () => {
      let ticks = 0;
      const timer = setInterval(() => {
        heard.push('tick');
        if (++ticks === 2) {
          clearInterval(timer);
          socket.close();
        }
      }, 10);
    };
  });
  await session('bad URL', ':x');
  await session(
    'compressed',
    '/echo',
    (socket) => {
      socket.onopen = () => socket.send('c'.repeat(1000));
      socket.onmessage = () => socket.close();
    },
    null,
    { compression: 'deflate' },
  );
}
