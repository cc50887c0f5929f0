import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DeadLetters } from '../../../src/gateway/outbox/letters/dead-letters.js';
import { letterFiles } from '../../../src/gateway/outbox/letters/letter-files.js';
import { parseLetter } from '../../../src/gateway/outbox/letters/letter-line.js';
import { readLines } from '../../../src/gateway/outbox/letters/letter-reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('a dead letter', () => {
  it('of a message whose base64 is longer than a string can be is written and read again', async () => {
    const dir = await temporaryFolder();
    const [clock, log] = [new ManualClock(), new RecordingLogger()];
    const letters = new DeadLetters({
      positions: [],
      dir,
      sink: 's',
      sync: false,
      maxBytes: 2 ** 40,
      policy: 'block',
      clock,
      log,
    });
    const message = Buffer.alloc(410 * 1024 * 1024, 'x');
    const event = {
      id: '00af-1-1',
      sequence: 1,
      connection: 'c',
      action: 'message',
      type: 'binary',
      tags: '',
    } as const;
    await letters.keep([{ event: { ...event, message }, reason: 'Too large.' }]);
    const [found] = await letterFiles(dir, 's');
    const file = await open(found?.path ?? '');
    try {
      for await (const { bytes } of readLines(file, 0, found?.bytes ?? 0)) {
        const letter = parseLetter(bytes);
        expect(letter).toMatchObject({ reason: 'Too large.', event: { id: '00af-1-1' } });
        expect(Buffer.compare(letter?.event.message ?? Buffer.alloc(0), message)).toBe(0);
      }
    } finally {
      await file.close();
    }
  }, 240_000);
});
