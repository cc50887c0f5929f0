import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ApiKeys } from '../../../src/gateway/access/api-keys.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const A = 'aaaaaaaaaaaaaaaaaaaa';
const B = 'bbbbbbbbbbbbbbbbbbbb';

const bearer = (key: string) => new Map([['authorization', `Bearer ${key}`]]);
const header = (key: string) => new Map([['x-api-key', key]]);

async function keyFile(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'keys');
  await writeFile(file, text);
  return file;
}

it('accepts each of several keys, in either header', () => {
  const keys = new ApiKeys([A, B], undefined);
  expect(keys.isAskedFor).toBe(true);
  for (const presented of [bearer(A), header(A), bearer(B), new Map([['authorization', `bearer  ${B} `]])]) {
    expect(keys.accepts(presented)).toBe(true);
  }
  for (const presented of [bearer(`${A}x`), header(''), new Map([['authorization', A]]), new Map<string, string>()]) {
    expect(keys.accepts(presented)).toBe(false);
  }
});

it('requires no key when none is configured', () => {
  expect(new ApiKeys([], undefined).isAskedFor).toBe(false);
});

it('adds keys from a file, one per line, and reloads it', async () => {
  const file = await keyFile(`# of the chat\n\n  ${B}  \r\n`);
  const keys = new ApiKeys([A], file);
  await keys.load();
  expect([keys.accepts(bearer(A)), keys.accepts(bearer(B))]).toEqual([true, true]);
  await writeFile(file, `cccccccccccccccccccc\n`);
  await keys.load();
  expect([keys.accepts(bearer(A)), keys.accepts(bearer(B))]).toEqual([true, false]);
});

it.each([
  ['# nothing', /contains no API key/],
  [`${A}\n# x\nsecretish`, /line 3 of .* has fewer than 16 characters/],
])('a file with %j is refused without its keys, and the old keys stay', async (text, message) => {
  const file = await keyFile(A);
  const keys = new ApiKeys([], file);
  await keys.load();
  await writeFile(file, text);
  const thrown: unknown = await keys.load().catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'secret.unreadable', message: expect.stringMatching(message) });
  expect(String(thrown)).not.toContain('secretish');
  expect(keys.accepts(bearer(A))).toBe(true);
});

it('names a missing file', async () => {
  await expect(new ApiKeys([], '/nowhere/keys').load()).rejects.toMatchObject({
    code: 'secret.unreadable',
    message: expect.stringContaining('/nowhere/keys'),
  });
});
