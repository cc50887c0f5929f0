// subscribers.mjs PORT SEND_PORT [tls]: raw WebSocket clients that count what each of them got, and
// raw posters in the same process, so that one clock tells when a POST left and when the last
// client had its message. Questions: see the functions at the end.
import { rawPoster } from './raw-post.mjs';
import { rawUpgrade } from './raw-upgrade.mjs';

const AT_ONCE = 50;
const ARRIVE_MS = 20_000;
/**
 * Before a flood, so that the server has accepted all posters: Node accepts one connection in a
 * turn of its event loop, and a turn that sends to 5,000 clients takes 12 ms and more.
 */
const ACCEPT_MS = 100;

const [port, sendPort] = process.argv.slice(2, 4).map(Number);
const isTls = process.argv[4] === 'tls';
const buffer = Buffer.alloc(1024 * 1024);
const sockets = [];
let counts = new Float64Array(0);
let total = 0;
let waited = { bytes: Number.POSITIVE_INFINITY, done: () => undefined };

function count(client, bytes) {
  counts[client] += bytes;
  total += bytes;
  if (total >= waited.bytes) waited.done();
}

/** Resolves once all clients together have `bytes`, or after some time: then to false. */
function arrived(bytes) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => waited.done(false), ARRIVE_MS);
    const done = (isComplete = true) => {
      clearTimeout(timer);
      waited = { bytes: Number.POSITIVE_INFINITY, done: () => undefined };
      resolve(isComplete);
    };
    waited = { bytes, done };
    if (total >= bytes) done();
  });
}

/** The protocol and the cipher that the server has chosen; '' without TLS. */
function chosenCipher() {
  return isTls ? `${sockets[0].getProtocol()} ${sockets[0].getCipher().name}` : '';
}

/**
 * The first `compressed` of the clients offer permessage-deflate. `path` ends with the number of
 * the client where it ends with `=`.
 */
async function connect({ clients, compressed = 0, path = '/connect' }) {
  counts = new Float64Array(clients);
  for (let first = 0; first < clients; first += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, clients - first) }, (_, index) => {
      const client = first + index;
      const options = {
        isCompressed: client < compressed,
        isTls,
        path: path.endsWith('=') ? `${path}${client}` : path,
      };
      return rawUpgrade(port, buffer, (bytes) => count(client, bytes), options);
    });
    sockets.push(...(await Promise.all(batch)));
  }
  return { cipher: chosenCipher() };
}

function forgetCounts() {
  counts.fill(0);
  total = 0;
}

/** A poster that is connected. */
async function connectPoster() {
  let answered = () => undefined;
  const poster = await rawPoster(sendPort, (status, body) => answered(status, body), { isTls });
  return {
    close: () => poster.close(),
    /** Posts again at each answer until `isOver`; resolves when it then has the last one. */
    keepPosting: (next, isOver) =>
      new Promise((resolve) => {
        answered = (status, body) => {
          if (isOver(status, body)) resolve();
          else poster.post(next());
        };
        poster.post(next());
      }),
  };
}

/** Posts once: how many bytes the first and the last client get of it. */
async function frameSizes({ request }) {
  forgetCounts();
  const poster = await rawPoster(sendPort, () => undefined, { isTls });
  poster.post(Buffer.from(request, 'latin1'));
  for (let before = -1; before !== total || total === 0;) {
    before = total;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  poster.close();
  return { first: counts[0], last: counts.at(-1) };
}

/**
 * Keeps `inFlight` POSTs under way for `ms`, the requests in turn, then waits until every client
 * has every message. `isToOne`: each request is for one client, and as many messages must arrive as
 * were posted.
 */
async function flood(question) {
  const {
    requests,
    inFlight,
    ms,
    frameBytes,
    compressed = 0,
    compressedBytes = frameBytes,
    isToOne = false,
  } = question;
  forgetCounts();
  const encoded = requests.map((request) => Buffer.from(request, 'latin1'));
  const posters = await Promise.all(Array.from({ length: inFlight }, connectPoster));
  await new Promise((resolve) => setTimeout(resolve, ACCEPT_MS));
  const startedAt = performance.now();
  let posts = 0;
  let refused = '';
  const next = () => encoded[posts++ % encoded.length];
  const isOver = (status, body) => {
    if (status >= 300) refused = `${status} ${body}`;
    return refused !== '' || performance.now() - startedAt > ms;
  };
  await Promise.all(posters.map((poster) => poster.keepPosting(next, isOver)));
  for (const poster of posters) poster.close();
  const wanted = (client) => posts * (client < compressed ? compressedBytes : frameBytes);
  const allBytes = isToOne ? posts * frameBytes : counts.reduce((sum, _, client) => sum + wanted(client), 0);
  await arrived(allBytes);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    posts,
    seconds,
    isComplete:
      refused === '' && (isToOne ? total === allBytes : counts.every((got, client) => got === wanted(client))),
    refused,
  };
}

/**
 * One POST after the other, `perSecond` of them: for each the milliseconds until the last client
 * had its message.
 */
async function paced({ request, posts, perSecond, frameBytes }) {
  forgetCounts();
  const bytes = Buffer.from(request, 'latin1');
  const poster = await rawPoster(sendPort, () => undefined, { isTls });
  const latencies = [];
  const startedAt = performance.now();
  for (let post = 0; post < posts; post += 1) {
    const dueAt = startedAt + (post * 1000) / perSecond;
    const delay = dueAt - performance.now();
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    const sentAt = performance.now();
    poster.post(bytes);
    if (!(await arrived((post + 1) * frameBytes * counts.length))) break;
    latencies.push(performance.now() - sentAt);
  }
  poster.close();
  return { latencies };
}

/**
 * One POST after the other, the requests in turn, each to one client: for each the milliseconds
 * until that has its message.
 */
async function oneByOne({ requests, posts, frameBytes }) {
  forgetCounts();
  const encoded = requests.map((request) => Buffer.from(request, 'latin1'));
  let onAnswer = () => undefined;
  const poster = await rawPoster(sendPort, () => onAnswer(), { isTls });
  const latencies = [];
  for (let post = 0; post < posts; post += 1) {
    const answered = new Promise((resolve) => {
      onAnswer = resolve;
    });
    const sentAt = performance.now();
    poster.post(encoded[post % encoded.length]);
    if (!(await arrived((post + 1) * frameBytes))) break;
    latencies.push(performance.now() - sentAt);
    await answered;
  }
  poster.close();
  return { latencies };
}

/** As many POSTs of `bodyBytes`, each after all clients have the one before. */
async function lockstep({ head, bodyBytes, posts, frameBytes }) {
  forgetCounts();
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(bodyBytes, 0x61)]);
  const poster = await rawPoster(sendPort, () => undefined, { isTls });
  let sent = 0;
  for (; sent < posts; sent += 1) {
    poster.post(bytes);
    if (!(await arrived((sent + 1) * frameBytes * counts.length))) break;
  }
  poster.close();
  return { complete: [...counts].map((got) => Math.floor(got / frameBytes)) };
}

/** Resolves to the bytes of all clients since the last time, once they are that many. */
async function read({ bytes }) {
  await arrived(bytes);
  const got = total;
  forgetCounts();
  return { total: got };
}

/** Reads nothing from now on. */
function stall() {
  for (const socket of sockets) socket.pause();
  return 'stalled';
}

const ANSWERS = { connect, frameSizes, flood, paced, oneByOne, lockstep, read, stall };
process.on('message', ({ do: name, ...question }) => {
  void Promise.resolve(ANSWERS[name](question)).then((answer) => process.send(answer));
});
process.send('ready');
