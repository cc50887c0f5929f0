import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LineWriter } from '../../../src/cli/gateway/line-writer.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MOST_BYTES = 1024 * 1024;

async function namedPipe() {
  const path = join(await temporaryFolder(), 'pipe');
  spawnSync('mkfifo', [path]);
  const openReader = (): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = openReader();
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  return { reader, openReader, fd };
}

function readAll(reader: number): string {
  const bytes = Buffer.alloc(MOST_BYTES);
  return bytes.toString('utf8', 0, readSync(reader, bytes, 0, MOST_BYTES, null));
}

it('begins a new line after a partly written one, however often the gap line could not be written', async () => {
  const { reader, openReader, fd } = await namedPipe();
  const lines = new LineWriter({ fd, gapLine: (missing) => `${missing} dropped\n` });
  lines.write(`${'x'.repeat(200_000)}\n`);
  expect(readAll(reader)).toMatch(/^x+$/);
  closeSync(reader);
  await lines.flush(0);
  for (let times = 0; times < 3; times++) lines.write('nobody reads this\n');
  const next = openReader();
  lines.write('somebody reads this\n');
  await lines.flush(1_000);
  expect(readAll(next)).toBe('\n4 dropped\nsomebody reads this\n');
  lines.write('and this\n');
  expect(readAll(next)).toBe('and this\n');
  expect(lines.dropped).toBe(4);
  closeSync(next);
});
