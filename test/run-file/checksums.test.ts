import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readHeader, readOutline, readRun } from '../../src/run-file/index.js';
import { encodedEnd, writeRun } from '../support/written-run.js';

/** The same file as versions before 2.0 wrote it: without checksums. */
async function asFirstFormat(path: string): Promise<void> {
  const [, ...lines] = (await readFile(path, 'utf8')).split('\n');
  const old = lines.map((line) => line.replace(/^(\w+ \d+) [\da-f]{8} /, '$1 '));
  await writeFile(path, ['wsg-run 1.2', ...old].join('\n'));
}

describe('a file of format 1.2, whose records have no checksum', () => {
  it('is read like one of today', async () => {
    for (const isEnded of [true, false]) {
      const path = await writeRun({ isEnded });
      const today = await readRun(path);
      await asFirstFormat(path);
      const run = await readRun(path);
      expect({ ...run, end: encodedEnd(run.end) }).toEqual({ ...today, end: encodedEnd(today.end) });
      expect(await readHeader(path)).toEqual(today.header);
      expect((await readOutline(path)).complete).toBe(isEnded);
    }
  });
});

describe('a record that was changed and still reads', () => {
  it.each(['second', 'health', 'gateway', 'histogram', 'event'])(
    'is damage, told with its byte: a %s record',
    async (kind) => {
      const path = await writeRun();
      const bytes = await readFile(path);
      const at = bytes.indexOf(`\n${kind} `, bytes.indexOf('\nhealth ') + 8) + 1;
      const end = bytes.indexOf('\n', at);
      // A digit for another digit: JSON and base64 both still read.
      const digit = bytes.subarray(0, end).findLastIndex((byte) => byte >= 0x30 && byte <= 0x38);
      bytes[digit] = (bytes[digit] ?? 0) + 1;
      await writeFile(path, bytes);
      const run = await readRun(path, { histograms: { visit: () => undefined } });
      expect(run.complete).toBe(false);
      expect(run.events.at(-1)?.text).toBe(`the file is damaged at byte ${at} (a "${kind}" record)`);
    },
  );
});
