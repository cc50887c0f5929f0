import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import { systemClock } from '../../src/core/clock.js';
import { DeadLetters } from '../../src/gateway/outbox/letters/dead-letters.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

const LETTERS = 10_000;

function id(number: number): string {
  return `00af-1700000000000-${number}`;
}

function letter(number: number): string {
  const message = Buffer.from('x'.repeat(100)).toString('base64');
  const fields = { time: '2026-01-01T00:00:00.000Z', id: id(number), connection: 'c', action: 'message', type: 'text' };
  return `${JSON.stringify({ ...fields, tags: '', reason: 'Too large.', message })}\n`;
}

/**
 * A folder of dead letters, a receiver that answers each batch after `answerMs`, and a
 * configuration of both.
 */
async function create(answerMs: number) {
  const dir = await temporaryFolder();
  const text = Array.from({ length: LETTERS }, (_, index) => letter(index + 1)).join('');
  await writeFile(join(dir, 'webhook.jsonl'), text);
  const receiver = await WebhookReceiver.start();
  onTestFinished(() => receiver.stop());
  receiver.answering = (_, response) => void setTimeout(() => response.end(), answerMs);
  const config = join(await temporaryFolder(), 'config.yml');
  const yaml = `endpoints: [{path: /ws}]\nstream_webhook: {url: '${receiver.url}'}\noutbox: {dead_letter_dir: '${dir}'}\n`;
  await writeFile(config, yaml);
  return { dir, receiver, config };
}

async function idsIn(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) => Array.from(text.matchAll(/"id":"([^"]+)"/g), ([, found = '']) => found));
}

function idsOf(receiver: WebhookReceiver): string[] {
  return receiver.requests.flatMap(({ events }) => events.map((event) => event['id'] ?? ''));
}

describe('wsg outbox redeliver', () => {
  it('loses no letter if it is killed repeatedly while a gateway adds letters', async () => {
    const { dir, receiver, config } = await create(5);
    const added = { sink: 'webhook', sync: false, maxBytes: 2 ** 30, policy: 'block' } as const;
    const letters = new DeadLetters({ positions: [], ...added, dir, clock: systemClock, log: silentLogger });
    let total = LETTERS;
    const add = async (): Promise<void> => {
      const event = { id: id(++total), sequence: 1, connection: 'c', action: 'open', tags: '' } as const;
      await letters.keep([{ event, reason: 'No.' }]);
    };
    for (let kill = 0; kill < 8; kill++) {
      const requests = receiver.requests.length + 1 + kill;
      const command = new WsgProcess(['outbox', 'redeliver', '--config', config]);
      let isOver = false;
      void command.ended.then(() => (isOver = true));
      while (!isOver && receiver.requests.length < requests) await add();
      command.kill('SIGKILL');
      await command.ended;
      await add();
    }
    const inFiles = await idsIn(dir);
    expect(new Set([...inFiles, ...idsOf(receiver)]).size).toBe(total);
    const last = await runWsg(['outbox', 'redeliver', '--config', config]);
    expect(last).toMatchObject({ code: 0 });
    expect(new Set([...(await idsIn(dir)), ...idsOf(receiver)]).size).toBe(total);
    expect(await idsIn(dir)).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  }, 120_000);

  it('shows its progress, and stops cleanly at Ctrl-C: nothing is sent twice', async () => {
    const { dir, receiver, config } = await create(150);
    const command = new WsgProcess(['outbox', 'redeliver', '--config', config]);
    await command.says(/webhook: \d+ letters, \d+ % of the files/);
    command.kill('SIGINT');
    const { code, stdout } = await command.ended;
    expect(code).toBe(105);
    expect(stdout).toContain('interrupted');
    const sent = idsOf(receiver);
    expect(sent.length).toBeGreaterThan(0);
    expect([...sent, ...(await idsIn(dir))]).toEqual(Array.from({ length: LETTERS }, (_, index) => id(index + 1)));
    expect(await readdir(dir)).toEqual(['webhook.jsonl']);
  }, 60_000);

  it('prevents other commands in its folder while it runs', async () => {
    const { receiver, config } = await create(300);
    const first = new WsgProcess(['outbox', 'redeliver', '--config', config]);
    await first.says(/letters/);
    const { code, stderr } = await runWsg(['outbox', 'drop', '--config', config, '--all', '--yes']);
    expect(code).toBe(15);
    expect(stderr).toContain('Another command works on the dead letters');
    expect(receiver.requests.length).toBeGreaterThan(0);
  }, 60_000);
});
