import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { Backend, CrashingOutbox } from '../../support/crashing-outbox.js';
import { settle } from '../../support/settle.js';

const KIB = 1024;

/** 48 KiB in memory, 64 KiB on disk in files of 8 KiB. */
async function create() {
  const backend = new Backend();
  const bounds = { maxBytes: 48 * KIB, maxEvents: 100_000, segmentBytes: 8 * KIB, maxDiskBytes: 64 * KIB };
  const config = { durability: 'disk', fsync: 'never', ...bounds } as const;
  const rig = await CrashingOutbox.create(new Map([['b', backend]]), config);
  onTestFinished(() => rig.remove());
  await rig.start();
  return { rig, backend };
}

function message(text: string): NewEvent {
  return { connection: 'c', action: 'message', type: 'text', tags: '', message: Buffer.from(text.padEnd(100)) };
}

async function logBytes(dir: string): Promise<number> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

it('new tags stay within the bound while a sink is unavailable, and the last ones survive a crash', async () => {
  const { rig, backend } = await create();
  const retag = async (tags: string) => {
    rig.outbox.retagged({ connection: 'c', tags });
    await settle(() => rig.outbox.state().bytes < 8 * KIB);
  };
  rig.append({ connection: 'c', action: 'open', tags: '' });
  await rig.deliverAll();
  backend.isAway = true;
  rig.append(message('1'));
  for (let round = 0; round < 1_000; round++) await retag(`round=${round}&${'x'.repeat(200)}`);
  expect(await logBytes(rig.dir)).toBeLessThanOrEqual(80 * KIB);
  backend.isAway = false;
  await rig.deliverAll();
  await settle(() => rig.outbox.state().bytes === 0 && rig.outbox.state().diskBytes < 24 * KIB);
  rig.kill();
  await rig.start();
  await rig.deliverAll();
  expect(backend.events.at(-1)).toMatchObject({ reason: 'node_crashed', tags: `round=999&${'x'.repeat(200)}` });
});

it('does not stay full if the snapshot of open connections is larger than a file of the log', async () => {
  const { rig, backend } = await create();
  const tags = 'x'.repeat(1_000);
  for (let connection = 0; connection < 90; connection++) {
    await rig.passUntil(() => rig.append({ connection: `c${connection}`, action: 'open', tags }));
    await rig.deliverAll();
  }
  for (let number = 1; number <= 600; number++) {
    await rig.passUntil(() => rig.append(message(`${number}`)));
    await rig.deliverAll();
  }
  expect(backend.events).toHaveLength(690);
});
