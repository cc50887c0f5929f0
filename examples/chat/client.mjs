#!/usr/bin/env node
// A chat client: prints what happens in the room, and sends each line of standard input as a message. Needs Node 20
// and nothing else; the page of each backend says where ADDRESS comes from.
//
//   node --experimental-websocket client.mjs ADDRESS        (Node 22 and later need no flag)

import { createInterface } from 'node:readline';

const [address] = process.argv.slice(2);
if (address === undefined) {
  console.error('usage: node client.mjs ADDRESS');
  process.exit(2);
}

/** Ids of the news printed so far. A backend that restarts may send its last news again. */
const seen = new Set();
const socket = new WebSocket(address);

socket.onopen = () => {
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => socket.send(line));
  input.on('close', () => socket.close(1000));
};
socket.onmessage = ({ data }) => {
  const { id, event, name, text } = JSON.parse(data);
  if (seen.has(id)) return;
  seen.add(id);
  console.log(event === 'said' ? `${name}: ${text}` : `* ${name} ${event}`);
};
socket.onclose = ({ code, reason }) => {
  console.error(`the connection has ended: ${code} ${reason}`);
  process.exit(code === 1000 ? 0 : 1);
};
