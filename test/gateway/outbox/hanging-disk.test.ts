import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { LogSegment } from '../../../src/gateway/outbox/log/log-segment.js';
import { LogWriter } from '../../../src/gateway/outbox/log/log-writer.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

it('reports a write that the disk does not answer', async () => {
  const dir = await temporaryFolder();
  const boot = { node: '0000', epoch: 1 };
  const place = { dir, number: 1, format: 2, boot, firstSequence: 1 } as const;
  const segment = new LogSegment({ ...place, isReplacement: false, isFinished: true });
  spawnSync('mkfifo', [segment.path]);
  // The pipe has no reader, so opening it for writing blocks.
  onTestFinished(() => closeSync(openSync(join(dir, '00000001.log'), constants.O_RDONLY | constants.O_NONBLOCK)));
  const log = new RecordingLogger();
  const deps = { clock: new ManualClock(), log, onProgress: () => undefined };
  const writer = new LogWriter({ ...deps, fsync: 'never', fsyncIntervalMs: 1, slowWriteMs: 20 });
  onTestFinished(() => writer.giveUp());
  writer.append(segment, 1, (bytes) => bytes.uint8(1));
  await vi.waitFor(() => expect(log.events).toEqual(['outbox.log-unwritable']), { timeout: 20_000 });
  expect(log.lines[0]?.fields).toMatchObject({ waitingBytes: 1 });
  expect(log.lines[0]?.fields['reason']).toMatch(/^the disk has not answered a write for \d+ s$/);
});
