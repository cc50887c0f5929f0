// Server for both tools, with deterministic answers over HTTP and TLS, and sessions over
// WebSockets.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { deflateSync, gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { createTlsFiles } from '../support/tls-files.mjs';

const PAGE = `<html><head><title>Page</title><meta name="csrf" content="t-1"></head><body>
<form action="/echo" method="post"><input name="a" value="1"><input type="hidden" name="b" value="2"><select name="c"><option>x</option><option selected>y</option></select></form>
<a href="/get?from=link">first</a><a href="/status/204">second</a><ul><li class="i">one</li><li class="i">two</li><li>three</li></ul></body></html>`;

const LIVE_PAGE = `<!doctype html><meta name="csrf-token" content="csrf+1=">
<div id="phx-1" data-phx-main data-phx-session="session-1" data-phx-static="static-1"></div>`;

/** Answers by the first part of the path. */
const ROUTES = {
  get: ({ url, method }, response) => json(response, { url, method }),
  status: ({ url }, response) => response.writeHead(Number(url.split('/')[2])).end(),
  redirect: ({ url }, response) => {
    const left = Number(url.split('/')[2]);
    response.writeHead(302, { location: left > 1 ? `/redirect/${left - 1}` : '/get' }).end();
  },
  see: (request, response) => response.writeHead(Number(request.url.split('/')[2]), { location: '/echo' }).end(),
  echo: echoRequest,
  headers: ({ headers }, response) => {
    const { host, connection: _own, 'user-agent': agent, ...others } = headers;
    json(response, { ...others, hasHost: host !== undefined, agent: agent?.split('/')[0] === undefined });
  },
  cookies: ({ headers }, response) => json(response, { cookie: headers.cookie ?? '' }),
  'set-cookies': (_request, response) => {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Path=/; HttpOnly', 'c=3; Path=/elsewhere']);
    response.end('set');
  },
  gzip: (_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('{"packed":true}')),
  deflate: (_request, response) => response.setHeader('content-encoding', 'deflate').end(deflateSync('{"packed":1}')),
  page: (_request, response) => response.setHeader('content-type', 'text/html').end(PAGE),
  counter: (_request, response) => response.end(LIVE_PAGE),
  text: (_request, response) => response.end('no JSON'),
  bytes: ({ url }, response) => response.end(Buffer.alloc(Number(url.split('/')[2]), 7)),
  json: (_request, response) =>
    json(response, { a: { b: [1, 2, { c: 'deep' }] }, n: null, t: true, list: [{ x: 1 }, { x: 2 }], 'dot.ted': 5 }),
  delay: ({ url }, response) => void setTimeout(() => response.end('late'), Number(url.split('/')[2])),
  auth: ({ headers }, response) => {
    response.writeHead(headers.authorization === 'Basic dXNlcjpwYXNz' ? 200 : 401).end('');
  },
};

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

function echoRequest(request, response) {
  let body = '';
  request.setEncoding('latin1').on('data', (text) => (body += text));
  request.on('end', () => {
    const type = request.headers['content-type']?.replace(/boundary=.*/, 'boundary=…') ?? '';
    const boundary = /boundary=(.*)/.exec(request.headers['content-type'] ?? '')?.[1] ?? '\0';
    json(response, { method: request.method, type, body: body.replaceAll(boundary, '…') });
  });
}

/** Sessions by path; others echo. */
const SESSIONS = {
  '/welcome': (socket) => {
    for (const text of ['one', 'two', 'three']) socket.send(text);
  },
  '/welcome-and-close': (socket) => {
    socket.send('one');
    socket.send(Buffer.from([1, 2, 3]));
    socket.close(1000, 'enough');
  },
  '/close': (socket, url) => socket.close(Number(url.searchParams.get('code')), url.searchParams.get('reason') ?? ''),
  '/ping': (socket) => {
    socket.on('pong', () => socket.send('ponged'));
    socket.ping('hello');
  },
  '/drop': (socket) => socket.terminate(),
  '/silent': () => undefined,
  '/live/websocket': liveView,
  '/large': (socket) => socket.send('x'.repeat(100_000)),
};

/** Counts clicks over Phoenix channels. */
function liveView(socket) {
  let clicks = 0;
  socket.on('message', (bytes) => {
    const [joined, reference, topic, event] = JSON.parse(bytes.toString());
    const reply = (response) =>
      socket.send(JSON.stringify([joined, reference, topic, 'phx_reply', { status: 'ok', response }]));
    if (event === 'phx_join') reply({ rendered: { 0: '0', s: ['', ''] } });
    else if (event === 'event') reply({ diff: { 0: String((clicks += 1)) } });
  });
}

function serveSessions(http) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
  http.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url, 'http://local');
    if (url.pathname === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nX-Reason: no\r\nContent-Length: 6\r\n\r\nno way');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined);
      const session = SESSIONS[url.pathname];
      if (session !== undefined) session(webSocket, url);
      else if (url.pathname === '/headers') webSocket.send(JSON.stringify(shownHeaders(request)));
      else webSocket.on('message', (bytes, isBinary) => webSocket.send(bytes, { binary: isBinary }));
    });
  });
  sockets.on('headers', (headers, { url }) => {
    if (url === '/cookie') headers.push('Set-Cookie: session=7; Path=/');
  });
  return sockets;
}

function shownHeaders({ headers }) {
  const { cookie, authorization, origin, 'sec-websocket-protocol': protocol, 'x-own': own } = headers;
  return { cookie, authorization, origin, protocol, own };
}

function listener(request, response) {
  const route = ROUTES[request.url.split(/[/?]/)[1]];
  if (route === undefined) response.writeHead(404).end('not here');
  else route(request, response);
}

async function listening(server) {
  const sockets = serveSessions(server);
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${server.address().port}`,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Addresses of a plain server and of one with a certificate that nobody trusts, and how to end
 * both.
 */
export async function startServer() {
  const { keyFile, certFile, remove } = createTlsFiles();
  const secrets = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  remove();
  const plain = await listening(createServer(listener));
  const secure = await listening(createTlsServer(secrets, listener));
  return {
    plain: plain.host,
    secure: secure.host,
    stop: () => {
      plain.close();
      secure.close();
    },
  };
}
