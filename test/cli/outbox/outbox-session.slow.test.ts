import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OutboxFlags } from '../../../src/cli/outbox/outbox-flags.js';
import { listLetters, showLetters } from '../../../src/cli/outbox/outbox-session.js';
import { drop, redeliver } from '../../../src/cli/outbox/outbox-work.js';
import { systemClock } from '../../../src/core/clock.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { DeadLetter } from '../../../src/gateway/outbox/letters/letter-line.js';
import { Redelivery } from '../../../src/gateway/outbox/letters/redelivery.js';
import type { EventSink, SinkReceipt } from '../../../src/gateway/sinks/event-sink.js';
import { recordingOutput } from '../../support/recording-output.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NONE: OutboxFlags = {
  config: undefined,
  dir: undefined,
  sink: undefined,
  reason: undefined,
  since: undefined,
  until: undefined,
  id: undefined,
  json: false,
};

function letter(number: number, changes: Readonly<Record<string, unknown>> = {}): string {
  const message = Buffer.from(`message ${number}`).toString('base64');
  const time = new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();
  const id = `00af-1700000000000-${number}`;
  const fields = {
    time,
    id,
    connection: 'c',
    action: 'message',
    type: 'text',
    tags: 'a=b',
    message,
    reason: 'Too large.',
  };
  return `${JSON.stringify({ ...fields, ...changes })}\n`;
}

async function folderWith(lines: Readonly<Record<string, string>>): Promise<string> {
  const dir = await temporaryFolder();
  for (const [sink, text] of Object.entries(lines)) await writeFile(join(dir, `${sink}.jsonl`), text);
  return dir;
}

/** Requests of a receiver by event id, and its answers. */
interface Receiver {
  readonly url: string;
  readonly ids: string[];
  readonly bodies: string[];
  status: (body: string) => number;
}

async function receiver(): Promise<Receiver> {
  const got: Receiver = { url: '', ids: [], bodies: [], status: () => 204 };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const status = got.status(body);
      if (status === 204) {
        got.bodies.push(body);
        got.ids.push(...(body.match(/00af-1700000000000-\d+/g) ?? []));
      }
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port }: AddressInfo = Object(server.address());
  return Object.assign(got, { url: `http://127.0.0.1:${port}/` });
}

async function configFor(url: string, dir: string): Promise<string> {
  const path = join(await temporaryFolder(), 'config.yml');
  const yaml = `endpoints:\n  - path: /ws\nstream_webhook:\n  url: ${url}\noutbox:\n  dead_letter_dir: ${dir}\n`;
  await writeFile(path, yaml);
  return path;
}

async function left(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jsonl')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

describe('wsg outbox list', () => {
  it('counts letters by sink and reason, and lists the first of them', async () => {
    const dir = await folderWith({
      redis: letter(1) + letter(2) + letter(3, { reason: 'WRONGTYPE' }),
      nats: letter(4, { reason: 'no stream\u001b[2J' }),
    });
    const output = recordingOutput();
    await listLetters({ flags: { ...NONE, dir }, output, limit: 2 });
    const text = output.stdout.text();
    expect(text).toMatch(/redis +│ +2 +│ Too large\./);
    expect(text).toMatch(/redis +│ +1 +│ WRONGTYPE/);
    expect(text).toContain('no stream\\u001b[2J');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('2 more\n');
  });

  it('accepts every filter, and prints one JSON object', async () => {
    const dir = await folderWith({
      redis: letter(1) + letter(2, { reason: 'WRONGTYPE' }) + letter(3),
      nats: letter(4),
    });
    const ids = async (flags: Partial<OutboxFlags>): Promise<string[]> => {
      const output = recordingOutput();
      await listLetters({ flags: { ...NONE, dir, json: true, ...flags }, output, limit: 10 });
      return Array.from(JSON.parse(output.stdout.text()).list, (each) => String(Object(each).id).slice(-1));
    };
    expect(await ids({ sink: ['redis'] })).toEqual(['1', '2', '3']);
    expect(await ids({ reason: 'wrong' })).toEqual(['2']);
    expect(await ids({ since: '2026-01-01T00:02:00Z', until: '2026-01-01T00:04:00Z' })).toEqual(['2', '3']);
    expect(await ids({ since: '1m' })).toEqual([]);
    expect(await ids({ id: ['00af-1700000000000-4'] })).toEqual(['4']);
    await expect(ids({ since: 'yesterday' })).rejects.toMatchObject({ code: 'usage' });
  });

  it('counts lines that are not letters, and finds the letters in the folder of an outbox', async () => {
    const dir = await folderWith({ redis: `${letter(1)}half a li\n` });
    const output = recordingOutput();
    await listLetters({ flags: { ...NONE, dir }, output, limit: 2 });
    expect(output.stdout.text()).toContain('1 lines in');
    await expect(listLetters({ flags: { ...NONE, dir: join(dir, 'no') }, output, limit: 2 })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

describe('wsg outbox show', () => {
  it('prints all fields, and the message as text', async () => {
    const dir = await folderWith({ redis: letter(1) + letter(2) });
    const output = recordingOutput();
    await showLetters({ flags: { ...NONE, dir, id: ['00af-1700000000000-2'] }, output, limit: 10 });
    expect(output.stdout.text()).toMatch(/^sink +redis\nid +00af-1700000000000-2\n/);
    expect(output.stdout.text()).toContain('message      message 2\n');
    await expect(showLetters({ flags: { ...NONE, dir, id: ['x'] }, output, limit: 10 })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

describe('wsg outbox redeliver', () => {
  it('sends the selected letters with their ids, and removes only those', async () => {
    const dir = await folderWith({ webhook: letter(1) + letter(2, { reason: '404' }) + letter(3) });
    const target = await receiver();
    const flags = { ...NONE, config: await configFor(target.url, dir), reason: 'too large' };
    const output = recordingOutput();
    expect(await redeliver({ flags, output })).toBe(0);
    expect([...new Set(target.ids)]).toEqual(['00af-1700000000000-1', '00af-1700000000000-3']);
    expect(target.bodies.join('')).toContain('message 3');
    expect(await left(dir)).toEqual([letter(2, { reason: '404' }).trimEnd()]);
    expect(await readdir(dir)).toEqual(['webhook.jsonl']);
    expect(output.stdout.text()).toBe('webhook: 2 delivered, 0 refused again\n');
  });

  it('changes nothing when the receiver is unavailable, and ends with 15', async () => {
    const text = letter(1) + letter(2);
    const dir = await folderWith({ webhook: text });
    const target = await receiver();
    target.status = () => 503;
    const flags = { ...NONE, config: await configFor(target.url, dir), json: true };
    const output = recordingOutput();
    expect(await redeliver({ flags, output })).toBe(15);
    expect(await readFile(join(dir, 'webhook.jsonl'), 'utf8')).toBe(text);
    expect(JSON.parse(output.stdout.text())).toMatchObject({ sinks: [{ sink: 'webhook', delivered: 0, refused: 0 }] });
  }, 30_000);

  it('keeps the only letter with its new reason when it is refused again', async () => {
    const dir = await folderWith({ webhook: letter(1) });
    const target = await receiver();
    target.status = (body) => (body.includes('message 1') ? 413 : 204);
    const flags = { ...NONE, config: await configFor(target.url, dir) };
    expect(await redeliver({ flags, output: recordingOutput() })).toBe(0);
    const [only = ''] = await left(dir);
    expect(JSON.parse(only)).toMatchObject({
      id: '00af-1700000000000-1',
      reason: expect.stringContaining('413') as unknown,
    });
  });

  it('keeps a letter that fails while others are delivered, with its new reason and time', async () => {
    const dir = await folderWith({ webhook: [1, 2, 3, 4, 5].map((number) => letter(number)).join('') });
    const target = await receiver();
    target.status = (body) => (body.includes('message 3') ? 500 : 204);
    const flags = { ...NONE, config: await configFor(target.url, dir) };
    expect(await redeliver({ flags, output: recordingOutput() })).toBe(0);
    expect([...new Set(target.ids)].toSorted().map((id) => id.slice(-1))).toEqual(['1', '2', '4', '5']);
    const [only = '', ...others] = await left(dir);
    expect(others).toEqual([]);
    const kept = JSON.parse(only);
    expect(kept).toMatchObject({ id: '00af-1700000000000-3', connection: 'c', tags: 'a=b' });
    expect(kept.reason).toContain('500');
    expect(Date.parse(kept.time)).toBeGreaterThan(Date.UTC(2026, 1));
  }, 30_000);
});

describe('sending letters again', () => {
  const letters = Array.from({ length: 6 }, (_, index) => letterOf(index + 1));

  function letterOf(sequence: number): DeadLetter {
    const event = { id: `00af-1-${sequence}`, sequence, connection: 'c', action: 'open', tags: '' } as const;
    return { time: '2026-01-01T00:00:00.000Z', reason: 'Too large.', event };
  }

  function sinkThat(answers: (batch: readonly GatewayEvent[]) => SinkReceipt): EventSink {
    const deliver = (batch: readonly GatewayEvent[]) => Promise.resolve(answers(batch));
    return { name: 's', maxBatchEvents: 3, start: () => Promise.resolve(), stop: () => Promise.resolve(), deliver };
  }

  it('removes only delivered letters, not those that were refused or failed while others passed', async () => {
    const sizes: number[] = [];
    const redelivery = new Redelivery({
      sink: sinkThat((batch) => {
        sizes.push(batch.length);
        const refused = batch.filter(({ sequence }) => sequence === 2).map((event) => ({ event, reason: 'No.' }));
        const failure = { blames: 'attempt', reason: '500' } as const;
        const failed = batch.filter(({ sequence }) => sequence === 5).map((event) => ({ event, failure }));
        return { settled: batch.length, refused, failed };
      }),
      positions: [],
      clock: systemClock,
    });
    const outcomes = await redelivery.send(letters);
    expect(sizes).toEqual([3, 3]);
    expect(outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.reason))).toEqual([
      'leave-out',
      'No.',
      'leave-out',
      'leave-out',
      '500',
      'leave-out',
    ]);
    expect(redelivery.result).toEqual({ delivered: 4, refused: 2, away: undefined });
  });

  it('ends when the sink rejects everything, and every letter stays', async () => {
    const failure = { blames: 'destination', reason: '404' } as const;
    const redelivery = new Redelivery({
      sink: sinkThat(() => ({ settled: 0, refused: [], failure })),
      positions: [],
      clock: systemClock,
    });
    const outcomes = await redelivery.send(letters);
    expect(outcomes).not.toContain('leave-out');
    expect(redelivery.result).toMatchObject({ delivered: 0, away: '404' });
  }, 30_000);
});

describe('wsg outbox drop', () => {
  it('needs a filter or --all, and --yes without a terminal', async () => {
    const dir = await folderWith({ redis: letter(1) });
    const output = recordingOutput();
    const flags = { ...NONE, dir };
    await expect(drop({ flags, output }, { all: false, yes: true })).rejects.toMatchObject({ code: 'usage' });
    await expect(
      drop({ flags: { ...flags, sink: ['redis'] }, output }, { all: true, yes: true }),
    ).rejects.toMatchObject({ code: 'usage' });
    await expect(drop({ flags, output }, { all: true, yes: false })).rejects.toMatchObject({ code: 'usage' });
    expect(await left(dir)).toHaveLength(1);
  });

  it('removes the selected letters, and with --all also lines that are not letters', async () => {
    const dir = await folderWith({ redis: `${letter(1)}garbage\n${letter(2)}`, nats: letter(3) });
    const output = recordingOutput();
    await drop({ flags: { ...NONE, dir, id: ['00af-1700000000000-2'] }, output }, { all: false, yes: true });
    expect(await left(dir)).toEqual([letter(3).trimEnd(), letter(1).trimEnd(), 'garbage']);
    await drop({ flags: { ...NONE, dir }, output }, { all: true, yes: true });
    expect(await readdir(dir)).toEqual([]);
    expect(output.stdout.text()).toBe('1 dropped\n2 dropped\n');
  });
});
