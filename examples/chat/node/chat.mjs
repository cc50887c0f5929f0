#!/usr/bin/env node
// A chat backend on GET /events. Needs Node 20 and nothing else.
//
//   node chat.mjs                      follows the events and answers
//   node chat.mjs invite NAME ROOM     prints the address with which NAME enters ROOM

import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const WSG_URL = process.env.WSG_URL ?? 'http://127.0.0.1:8080';
const SECRET = process.env.CHAT_SECRET ?? 'for-trying-out-only-0123456789abcdef';
/** Holds the id of the last event that was handled, so that a restart resumes behind it. */
const PLACE_FILE = process.env.CHAT_PLACE_FILE ?? 'place.txt';
const TOKEN_LIFE_S = 3600;
const RETRY_MS = 500;

/** Follows the events until the stream ends. One is handled at a time: that keeps the order. */
async function follow() {
  // `0` is the oldest event that the gateway still keeps.
  const place = existsSync(PLACE_FILE) ? readFileSync(PLACE_FILE, 'utf8') : '0';
  const response = await fetch(`${WSG_URL}/events`, { headers: { 'Last-Event-ID': place } });
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  console.log('following the events');
  for await (const { id, event, data } of readEvents(response.body)) {
    if (event === 'gap') console.log(`missed ${JSON.parse(data).missing} events`);
    else if (data !== undefined) await handle(id, JSON.parse(data));
    // Only now: an event whose answer failed is read again.
    if (id !== undefined) keepPlace(id);
  }
}

/** Server-Sent Events: blocks of `name: value` lines, each followed by an empty line. A comment begins with a colon. */
async function* readEvents(body) {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      yield Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s, 2)));
    }
  }
}

/** A rename is atomic: the file never holds half an id. */
function keepPlace(id) {
  writeFileSync(`${PLACE_FILE}.new`, id);
  renameSync(`${PLACE_FILE}.new`, PLACE_FILE);
}

async function handle(id, { action, tags, type, message }) {
  if (type === 'binary') return; // This chat has no use for it.
  const { name, room } = Object.fromEntries(new URLSearchParams(tags));
  const event = { open: 'joined', close: 'left', message: 'said' }[action];
  console.log(`${room}: ${name} ${event}`);
  await send(room, { id, event, name, text: message });
}

/** Sends to every connection whose tag `room` has this value; tries until the gateway takes it. */
async function send(room, news) {
  const url = `${WSG_URL}/send?${new URLSearchParams({ room })}`;
  for (;;) {
    try {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(news) });
      const answer = await response.text();
      if (response.ok) return;
      console.log(`cannot send: ${response.status} ${answer}`);
    } catch (error) {
      console.log(`cannot send: ${error.cause?.message ?? error.message}`);
    }
    await sleep(RETRY_MS);
  }
}

/** Makes the address of the chat with a signed token (JWT, HS256), which the gateway turns into tags. */
function invite(name, room) {
  const claims = { name, room, exp: Math.floor(Date.now() / 1000) + TOKEN_LIFE_S };
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = createHmac('sha256', SECRET).update(signed).digest('base64url');
  return `${WSG_URL.replace('http', 'ws')}/chat?token=${signed}.${signature}`;
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'invite') {
  console.log(invite(...rest));
} else {
  for (;;) {
    try {
      await follow();
      console.log('the stream has ended');
    } catch (error) {
      console.log(`the stream broke: ${error.cause?.message ?? error.message}`);
    }
    await sleep(RETRY_MS);
  }
}
