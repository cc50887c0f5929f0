import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GO, PHP, PYTHON_REDIS } from '../support/debian-packages.js';
import { freePort, requireProgram } from '../support/broker-process.js';
import { ExampleProgram } from '../support/example-program.js';
import { buildGo } from '../support/go-program.js';
import { startNats } from '../support/nats-broker.js';
import { startRedis } from '../support/redis-broker.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const FOLDER = fileURLToPath(new URL('../../examples/chat/', import.meta.url));
const GREETING = 'good morning "<&>" ä€😀';
const BURST = Array.from({ length: 500 }, (_, number) => `line ${number}`);

/** One way to write the backend. */
interface Variant {
  /** Folder of the example. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A line that it prints once it takes events. */
  readonly isReady: RegExp;
  /** Addresses of the configuration and of the program, and those that stand for them in the test. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** A gateway with a backend behind it. */
interface Chat {
  readonly restartBackend: () => Promise<void>;
  readonly killBackend: () => Promise<void>;
  /** Connects a client. */
  readonly enter: (name: string, room: string) => Promise<ExampleProgram>;
}

/** The lines that the clients of a conversation have read. */
interface Conversation {
  /** Lines about ann that bob has read. */
  readonly annOfBob: readonly string[];
  readonly cidOfBob: readonly string[];
  /** Lines since bob joined that only ann has read. */
  readonly missedByBob: readonly string[];
  readonly missedByAnn: readonly string[];
  readonly linesOfAnn: number;
  /** Lines of a client in another room. */
  readonly eve: readonly string[];
}

async function startChat(variant: Variant): Promise<Chat> {
  const port = await freePort();
  const folder = await temporaryFolder();
  const cwd = join(FOLDER, variant.folder);
  const env = { WSG_URL: `http://127.0.0.1:${port}`, CHAT_PLACE_FILE: join(folder, 'place.txt'), ...variant.env };
  const addresses = Object.entries({ '127.0.0.1:8080': `127.0.0.1:${port}`, ...variant.addresses });
  const example = await readFile(join(cwd, 'config.yml'), 'utf8');
  const config = addresses.reduce((text, [usual, here]) => text.replaceAll(usual, here), example);
  await writeFile(join(folder, 'config.yml'), config);

  const startBackend = (): ExampleProgram => new ExampleProgram(variant.command, variant.args, { cwd, env });
  let backend = startBackend();
  const gateway = new WsgProcess(['serve', '--config', join(folder, 'config.yml'), '--ready-fd', '3']);
  const failed = gateway.ended.then((ending) => Promise.reject(new Error(ending.stderr)));
  await Promise.race([gateway.ready, failed]);
  failed.catch(() => undefined);
  await backend.until(variant.isReady);

  const invite = async (name: string, room: string): Promise<string> => {
    if (variant.folder === 'php')
      return `ws://127.0.0.1:${port}/chat?${new URLSearchParams({ name, room }).toString()}`;
    const args = [...variant.args, 'invite', name, room];
    const { stdout } = await promisify(execFile)(variant.command, args, { cwd, env: { ...process.env, ...env } });
    return stdout.trim();
  };
  return {
    killBackend: () => backend.kill(),
    restartBackend: async () => {
      backend = startBackend();
      await backend.until(variant.isReady);
    },
    enter: async (name, room) => {
      const args = ['--no-warnings', '--experimental-websocket', 'client.mjs', await invite(name, room)];
      const client = new ExampleProgram(process.execPath, args, { cwd: FOLDER });
      await client.until(new RegExp(String.raw`^\* ${name} joined$`));
      return client;
    },
  };
}

/** Lines about one person. */
function linesOf(name: string, { lines }: ExampleProgram): string[] {
  return lines.filter((line) => line.startsWith(`${name}: `) || line.startsWith(`* ${name} `));
}

/** Two rooms talk; the backend is killed amid a burst and started again. */
async function holdConversation({ enter, killBackend, restartBackend }: Chat): Promise<Conversation> {
  const ann = await enter('ann', 'lobby & bar');
  const eve = await enter('eve', 'kitchen');
  const cid = await enter('cid', 'lobby & bar');
  const bob = await enter('bob', 'lobby & bar');
  await ann.until(/^\* bob joined$/);
  ann.type(GREETING);
  await bob.until(/^ann: good/);
  bob.type('hi ann');
  await ann.until(/^bob: hi ann$/);

  for (const line of BURST) ann.type(line);
  await bob.until(/^ann: line 10$/);
  await killBackend();
  cid.type('is anybody there?');
  // The program ends after its connection, so the gateway has the close before the backend returns.
  await cid.leave();
  await restartBackend();
  ann.type('welcome back');
  eve.type('so quiet here');

  for (const client of [ann, bob]) {
    await client.until(/^ann: welcome back$/);
    await client.until(/^\* cid left$/);
  }
  await eve.until(/^eve: so quiet here$/);
  return {
    annOfBob: linesOf('ann', bob),
    cidOfBob: linesOf('cid', bob),
    missedByBob: ann.lines.slice(ann.lines.indexOf('* bob joined')).filter((line) => !bob.lines.includes(line)),
    missedByAnn: bob.lines.filter((line) => !ann.lines.includes(line)),
    linesOfAnn: ann.lines.length,
    eve: eve.lines,
  };
}

/** The lines of a conversation in which nothing was lost or repeated. */
const WHOLE: Conversation = {
  annOfBob: [GREETING, ...BURST, 'welcome back'].map((text) => `ann: ${text}`),
  cidOfBob: ['cid: is anybody there?', '* cid left'],
  missedByBob: [],
  missedByAnn: [],
  // Three joined, one left, and the lines of ann, bob and cid.
  linesOfAnn: 4 + BURST.length + 4,
  eve: ['* eve joined', 'eve: so quiet here'],
};

describe('the chat backend', () => {
  it('in Python reads Redis Streams and loses nothing when it is killed', async () => {
    requireProgram(PYTHON_REDIS);
    const redis = await startRedis();
    onTestFinished(() => redis.process.dispose());
    const chat = await startChat({
      folder: 'python',
      // Debian's package is for the system's Python.
      command: '/usr/bin/python3',
      args: ['chat.py'],
      env: { REDIS_URL: redis.url },
      isReady: /^following/,
      addresses: { 'redis://127.0.0.1:6379/0': redis.url },
    });
    expect(await holdConversation(chat)).toEqual(WHOLE);
  });

  describe('in Go', () => {
    let program = '';

    beforeAll(async () => {
      requireProgram(GO);
      program = await buildGo(join(FOLDER, 'go'));
      return () => rm(program, { force: true });
    }, 600_000);

    it('reads NATS JetStream and loses nothing when it is killed', async () => {
      const nats = await startNats();
      onTestFinished(() => nats.process.dispose());
      const chat = await startChat({
        folder: 'go',
        command: program,
        args: [],
        env: { NATS_URL: nats.url },
        isReady: /^following/,
        addresses: { 'nats://127.0.0.1:4222': nats.url },
      });
      expect(await holdConversation(chat)).toEqual(WHOLE);
    });
  });

  it('in PHP takes webhooks and loses nothing when it is killed', async () => {
    requireProgram(PHP);
    const address = `127.0.0.1:${await freePort()}`;
    const chat = await startChat({
      folder: 'php',
      command: PHP.program,
      args: ['-S', address, 'chat.php'],
      env: {},
      isReady: / started$/,
      addresses: { '127.0.0.1:8000': address },
    });
    expect(await holdConversation(chat)).toEqual(WHOLE);
  });

  it('in Node follows /events and loses nothing when it is killed', async () => {
    const chat = await startChat({
      folder: 'node',
      command: process.execPath,
      args: ['chat.mjs'],
      env: {},
      isReady: /^following/,
      addresses: {},
    });
    expect(await holdConversation(chat)).toEqual(WHOLE);
  });
});
