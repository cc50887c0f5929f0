#!/usr/bin/env node
// A client that sends each argument as a text message, prints the answers, and leaves after the last
// one.
//
//   node --experimental-websocket client.mjs hello world        (Node 22 and later need no flag)

const url = process.env.WSG_CONNECT_URL ?? 'ws://127.0.0.1:5000/connect';
const messages = process.argv.slice(2);
const socket = new WebSocket(url);
let answers = 0;

socket.onopen = () => {
  for (const message of messages) socket.send(message);
};
socket.onmessage = ({ data }) => {
  console.log(data);
  answers += 1;
  if (answers === messages.length) socket.close(1000);
};
socket.onerror = () => {
  console.error(`cannot connect to ${url}`);
  process.exitCode = 1;
};
