import ws from 'k6/ws';
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const base = `ws://${__ENV.PLAIN}`;
const heardOf = new Counter('heard');

export const options = {
  thresholds: { ws_sessions: ['count>5'], 'ws_msgs_sent{kind:mine}': ['count==1'], ws_ping: ['max>=0'] },
};

function session(label, path, use, params = {}) {
  const heard = [];
  try {
    const answer = ws.connect(`${base}${path}`, params, (socket) => {
      heard.push('setup');
      for (const event of ['open', 'message', 'ping', 'pong']) {
        socket.on(event, (text) => {
          heardOf.add(1, { event });
          heard.push(`${event}${text === undefined ? '' : ` ${String(text).slice(0, 40)}`}`);
        });
      }
      socket.on('binaryMessage', (bytes) => heard.push(`binary ${new Uint8Array(bytes)}`));
      socket.on('error', (error) => heard.push(`error ${error.error()}`));
      socket.on('close', (code) => heard.push(`close ${code}`));
      use(socket, heard);
    });
    const { status, error, body, url, headers } = answer;
    heard.push(
      JSON.stringify([
        status,
        error,
        body,
        url,
        Object.keys(headers)
          .filter((name) => name !== 'Date')
          .sort(),
      ]),
    );
  } catch (thrown) {
    heard.push(`thrown ${String(thrown).split('\n')[0]}`);
  }
  console.log(`${label}: ${heard.join(' | ')}`);
}

export default function () {
  session('echo', '/echo', (socket) => {
    socket.on('open', () => {
      socket.send('hello');
      socket.sendBinary(new Uint8Array([1, 2, 3]).buffer);
    });
    socket.on('binaryMessage', () => socket.close());
  });
  session(
    'tags',
    '/echo',
    (socket) => {
      socket.on('message', () => socket.close(1000));
      socket.send('x');
    },
    { tags: { kind: 'mine' }, headers: { 'X-Own': 'a' } },
  );
  session('welcome', '/welcome', (socket) => socket.setTimeout(() => socket.close(), 200));
  session('welcome and close', '/welcome-and-close', () => {});
  for (const code of [1000, 1001, 1008, 1011, 3000, 4321])
    session(`peer ${code}`, `/close?code=${code}&reason=why`, () => {});
  session('ping', '/ping', (socket) => socket.on('message', () => socket.close()));
  session('own ping', '/echo', (socket) => {
    socket.on('pong', () => socket.close());
    socket.ping();
  });
  session('drop', '/drop', () => {});
  session('refused', '/refused', () => {});
  session('large', '/large', (socket) =>
    socket.on('message', (text) => socket.close(text.length === 100000 ? 1000 : 4000)),
  );
  session('empty', '/echo', (socket, heard) => {
    socket.on('message', (text) => {
      heard.push(text.length);
      socket.close();
    });
    socket.send('');
  });
  session('numbers', '/echo', (socket) => {
    socket.on('message', () => socket.close());
    socket.send(5);
  });
  session('after close', '/echo', (socket) => {
    socket.close();
    socket.close();
    socket.send('late');
    socket.ping();
  });
  session('close codes', '/echo', (socket) => socket.close(4000));
  session('no code', '/echo', (socket) => socket.close(9999));
  session('throws', '/echo', () => {
    throw new Error('mine');
  });
  session('throws later', '/echo', (socket) => {
    socket.on('open', () => {
      throw new Error('mine');
    });
  });
  session('timer throws', '/echo', (socket) => {
    socket.setTimeout(() => {
      throw new Error('mine');
    }, 5);
  });
  session('interval', '/echo', (socket, heard) => {
    let ticks = 0;
    socket.setInterval(() => {
      heard.push('tick');
      if (++ticks === 3) socket.close();
    }, 20);
  });
  session('timer of 0', '/echo', (socket) => socket.setTimeout(() => {}, 0));
  session('timer negative', '/echo', (socket) => socket.setInterval(() => {}, -5));
  session('send object', '/echo', (socket) => {
    socket.on('message', () => socket.close());
    socket.send({ a: 1 });
  });
  session('binary of text', '/echo', (socket) => socket.sendBinary('text'));
  session('handler that sleeps', '/welcome', (socket, heard) => {
    socket.on('message', () => {
      sleep(0.01);
      heard.push('slept');
    });
    socket.setTimeout(() => socket.close(), 300);
  });
  session('headers', '/headers', (socket) => socket.on('message', () => socket.close()), {
    headers: { 'X-Own': 'a', Origin: 'http://o', Authorization: 'Bearer t', 'Sec-WebSocket-Protocol': 'chat' },
  });
  session('cookie', '/cookie', (socket) => socket.close());
  session('cookie comes back', '/headers', (socket) => socket.on('message', () => socket.close()));
  console.log(`jar: ${JSON.stringify(http.cookieJar().cookiesForURL(`http://${__ENV.PLAIN}/`))}`);
  session(
    'deflate',
    '/echo',
    (socket) => {
      socket.on('message', () => socket.close());
      socket.send('c'.repeat(1000));
    },
    { compression: 'deflate' },
  );
  session('gzip', '/echo', () => {}, { compression: 'gzip' });
  for (const url of [
    '',
    'http://x',
    'ws://',
    'nonsense',
    'ws://127.0.0.1:1/',
    'ws://does-not-exist.invalid/',
    `wss://${__ENV.PLAIN}/`,
    `wss://${__ENV.SECURE}/`,
  ]) {
    try {
      const { status, error, url: shown } = ws.connect(url, () => {});
      console.log(`url ${url}: ${JSON.stringify([status, error, shown])}`);
    } catch (thrown) {
      console.log(`url ${url}: thrown ${String(thrown).split('\n')[0]}`);
    }
  }
  for (const args of [[], ['a'], [base, {}, () => {}, 1], [base, 5], [base, {}, 'x']]) {
    try {
      ws.connect(...args);
      console.log(`arguments ${args.length}: fine`);
    } catch (thrown) {
      console.log(`arguments ${args.length}: thrown`);
    }
  }
  check(null, { 'was here': () => true });
}
