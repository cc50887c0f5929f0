#!/usr/bin/env node
// A backend that answers every message of every client with the same message. Needs Node 20 and
// nothing else.
//
//   node echo-backend.mjs [http://127.0.0.1:5000]
//
// It reads the gateway's events from GET /events and answers through POST /send. After a broken
// stream it resumes after the last event that it has handled, so no event is lost while the gateway
// still keeps it.

const gateway = process.argv[2] ?? process.env.WSG_URL ?? 'http://127.0.0.1:5000';
const RECONNECT_MS = 500;

/** The id of the last event that was handled; the stream resumes after it. */
let lastEventId = '';

for (;;) {
  try {
    await followEvents();
    console.error('the stream has ended');
  } catch (error) {
    console.error(`the stream broke: ${error.cause?.message ?? error.message}`);
  }
  await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
}

/** Reads events until the stream ends. It handles one at a time, which keeps the order. */
async function followEvents() {
  const headers = lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId };
  const response = await fetch(`${gateway}/events`, { headers });
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  console.error(`following ${gateway}/events`);
  for await (const event of readEvents(response.body)) {
    if (event.data !== undefined) await handleEvent(event);
    if (event.id !== undefined) lastEventId = event.id;
  }
}

/**
 * Server-Sent Events: blocks of `name: value` lines, an empty line after each. Comments begin with
 * a colon.
 */
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

async function handleEvent({ event, data }) {
  const { connection, encoding, message, missing } = JSON.parse(data);
  if (event === 'gap') console.log(`gap of ${missing} events`);
  else console.log(`${event} ${connection}`);
  if (event !== 'message') return;
  const isBinary = encoding === 'base64';
  await fetch(`${gateway}/send?id=${connection}`, {
    method: 'POST',
    headers: { 'Content-Type': isBinary ? 'application/octet-stream' : 'text/plain' },
    body: isBinary ? Buffer.from(message, 'base64') : message,
  });
}
