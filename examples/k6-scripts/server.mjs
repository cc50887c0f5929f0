#!/usr/bin/env node
// A server for the scripts of this folder. It uses the package `ws`, which comes with wsg; after copying the folder
// elsewhere, `npm install ws` there.
//
//   node server.mjs [PORT]        listens on 127.0.0.1, port 5000 unless you name another

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const port = Number(process.argv[2] ?? 5000);
const TOKEN = 'secret';
const CSRF_TOKEN = 'csrf+1=';
const SESSION = 'session-1';

/** A page with a Phoenix LiveView, whose WebSocket requires its tokens. */
const LIVE_PAGE = `<!doctype html><html><head><meta name="csrf-token" content="${CSRF_TOKEN}"></head><body>
<div id="phx-1" data-phx-main data-phx-session="${SESSION}" data-phx-static="static-1">
<button phx-click="increment">+</button></div></body></html>`;

/** Echoes each message; `who am i` is answered with the owner of the token. */
function echo(socket, { headers }) {
  socket.on('message', (message, isBinary) => {
    const isQuestion = message.toString() === 'who am i';
    const isKnown = headers.authorization === `Bearer ${TOKEN}`;
    if (isQuestion) socket.send(isKnown ? 'ann' : 'a stranger');
    else socket.send(message, { binary: isBinary });
  });
}

/** Answers each subscription of graphql-transport-ws with two numbered results. */
function graphql(socket) {
  const answers = {
    connection_init: () => [{ type: 'connection_ack' }],
    subscribe: (id) => [
      { id, type: 'next', payload: { data: { number: 1 } } },
      { id, type: 'next', payload: { data: { number: 2 } } },
      { id, type: 'complete' },
    ],
  };
  socket.on('message', (text) => {
    const { type, id } = JSON.parse(text);
    for (const answer of answers[type]?.(id) ?? []) socket.send(JSON.stringify(answer));
  });
}

/** A LiveView that counts clicks, over Phoenix channels; joining takes the tokens of the page. */
function liveView(socket, { url }) {
  const token = new URL(url, 'ws://local').searchParams.get('_csrf_token');
  let clicks = 0;
  const answers = {
    phx_join: (topic, { session }) => {
      const isKnown = topic === 'lv:phx-1' && token === CSRF_TOKEN && session === SESSION;
      return [isKnown ? 'ok' : 'error', { rendered: { 0: '0', s: ['<b>', '</b>'] } }];
    },
    event: () => {
      clicks += 1;
      return ['ok', { diff: { 0: String(clicks) } }];
    },
  };
  socket.on('message', (text) => {
    const [joined, reference, topic, event, payload] = JSON.parse(text);
    const answer = answers[event]?.(topic, payload);
    if (answer === undefined) return;
    const [status, response] = answer;
    socket.send(JSON.stringify([joined, reference, topic, 'phx_reply', { status, response }]));
  });
}

const SOCKETS = { '/connect': echo, '/refusing': echo, '/graphql': graphql, '/live/websocket': liveView };
const PAGES = { '/login': JSON.stringify({ token: TOKEN }), '/counter': LIVE_PAGE };

const server = createServer((request, response) => {
  const page = PAGES[request.url];
  response.statusCode = page === undefined ? 404 : 200;
  response.end(page);
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });

server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url, 'ws://local');
  const handler = SOCKETS[pathname];
  // Refuses the first two attempts of each client.
  const isRefused = pathname === '/refusing' && Number(searchParams.get('attempt')) <= 2;
  if (handler === undefined || isRefused) socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  else sockets.handleUpgrade(request, socket, head, (webSocket) => handler(webSocket, request));
});
server.listen(port, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
