import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runScript } from '../../../support/script-run.js';

async function print(head: string, ...expressions: readonly string[]): Promise<readonly string[]> {
  const body = expressions.map((text) => `try { console.log(${text}); } catch (error) { console.log(error.message); }`);
  const { lines } = await runScript(`${head}; export default function () { ${body.join('\n')} }`);
  return lines;
}

it('base64 in four encodings, to texts and bytes', async () => {
  expect(
    await print(
      "import { b64encode, b64decode } from 'k6/encoding'",
      "b64encode('hello?>')",
      "b64encode('hello?>', 'rawstd')",
      "b64encode('hello?>', 'url')",
      "b64encode(new Uint8Array([255]).buffer, 'rawurl')",
      "b64decode('aGVsbG8/Pg==', 'std', 's')",
      "b64decode('aGVsbG8_Pg', 'rawurl', 's')",
      "new Uint8Array(b64decode('/w=='))[0]",
      "b64decode('no base64!')",
    ),
  ).toEqual([
    'aGVsbG8/Pg==',
    'aGVsbG8/Pg',
    'aGVsbG8_Pg==',
    '_w',
    'hello?>',
    'hello?>',
    '255',
    "b64decode(): the input is not valid base64 for the encoding 'std'",
  ]);
});

it('hashes and keyed hashes in every encoding', async () => {
  const sha256 = createHash('sha256').update('hello');
  const digest = sha256.digest();
  expect(
    await print(
      "import crypto from 'k6/crypto'",
      "crypto.sha256('hello', 'hex')",
      "crypto.sha256('hello', 'base64')",
      "crypto.createHash('sha256').update('hel').update('lo').digest('base64rawurl')",
      "crypto.sha256('hello', 'base64url')",
      "new Uint8Array(crypto.sha256('hello', 'binary'))[0]",
      "crypto.md4('abc', 'hex')",
      "crypto.md4('12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'hex')",
      "crypto.md5('abc', 'hex')",
      "crypto.ripemd160('abc', 'hex')",
      "crypto.hmac('sha1', 'key', 'The quick brown fox jumps over the lazy dog', 'hex')",
      'crypto.randomBytes(5).byteLength',
      "crypto.createHash('sha3')",
      "crypto.sha1('x', 'octal')",
    ),
  ).toEqual([
    digest.toString('hex'),
    digest.toString('base64'),
    digest.toString('base64url'),
    `${digest.toString('base64url')}=`,
    String(digest[0]),
    'a448017aaf21d8525fc10ae87aa6729d',
    'e33b4ddc9c38f2199c3e7b164fcc0536',
    '900150983cd24fb0d6963f7d28e17f72',
    '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
    'de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9',
    '5',
    'invalid algorithm: sha3',
    'invalid output encoding: octal',
  ]);
});

it('a SharedArray is created once per thread, reads like an array, and is immutable', async () => {
  const { lines } = await runScript(`
    import { SharedArray } from 'k6/data';
    const rows = new SharedArray('rows', () => { console.log('made'); return [{ id: 1 }, { id: 2, deep: { list: [] } }]; });
    const tried = (what) => { try { what(); console.log('no error'); } catch (error) { console.log(error.message); } };
    export const options = { vus: 2, iterations: 2 };
    export default function () {
      if (__VU !== 1) return;
      console.log(rows.length, rows[1].id, rows.map((row) => row.id).join(), Array.isArray(rows), [...rows].length);
      tried(() => { rows[0] = 1; });
      tried(() => rows.push(1));
      tried(() => { rows[1].deep.list.push(1); });
      tried(() => new SharedArray('late', () => []));
      console.log(rows[5] === undefined, JSON.stringify(rows[0]), rows.find((row) => row.id === 2).id);
    }
  `);
  expect(lines.filter((line) => line === 'made')).toHaveLength(2);
  expect(lines.filter((line) => line !== 'made')).toEqual([
    '2 2 1,2 true 2',
    'SharedArray is immutable',
    'SharedArray is immutable',
    'Cannot add property 0, object is not extensible',
    'SharedArray can only be used in the init context',
    'true {"id":1} 2',
  ]);
  await expect(
    runScript("import { SharedArray } from 'k6/data'; new SharedArray('x', () => 5); export default function () {}"),
  ).rejects.toThrow('only arrays can be made into SharedArray');
});

it('open reads files relative to the script, only in the init context', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-open-'));
  writeFileSync(join(folder, 'words.txt'), 'one\ntwo');
  writeFileSync(
    join(folder, 'script.js'),
    `const text = open('./words.txt'); const bytes = open('words.txt', 'b');
     export default function () {
       console.log(text.split('\\n').length, bytes.byteLength, bytes instanceof ArrayBuffer);
       try { open('words.txt'); } catch (error) { console.log(error.message); }
     }`,
  );
  const { lines } = await runScript('', { path: join(folder, 'script.js') });
  expect(lines).toEqual(['2 7 true', 'open() can only be used in the init context']);
  writeFileSync(join(folder, 'gone.js'), "open('./gone.txt'); export default function () {}");
  await expect(runScript('', { path: join(folder, 'gone.js') })).rejects.toThrow('no such file or directory');
});

it('the libraries of jslib.k6.io are built in', async () => {
  expect(
    await print(
      `import { randomIntBetween, randomItem, randomString, uuidv4, findBetween, normalDistributionStages, parseDuration } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
       import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';
       import uuid from 'https://jslib.k6.io/uuid/1.0.0/index.js';
       import { URL, URLSearchParams } from 'https://jslib.k6.io/url/1.0.0/index.js'`,
      '[1, 2, 3].includes(randomIntBetween(1, 3))',
      "['a', 'b'].includes(randomItem(['a', 'b']))",
      "/^[xy]{8}$/.test(randomString(8, 'xy'))",
      '/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(uuidv4())',
      "findBetween('<b>one</b><b>two</b>', '<b>', '</b>') + findBetween('<b>one</b><b>two</b>', '<b>', '</b>', true).length",
      "findBetween('none', '<b>', '</b>') + ' ' + findBetween('none', '<b>', '</b>', true)",
      "normalDistributionStages(10, 60, 4).map(({ duration, target }) => duration + target).join(' ')",
      "parseDuration('1d2h3m4.5s6ms') + ' ' + parseDuration('7') + ' ' + parseDuration('1.5m')",
      "(() => { try { parseDuration('1s2s'); } catch (error) { return error.message; } })()",
      "(() => { try { parseDuration('3w'); } catch (error) { return error.message; } })()",
      'JSON.stringify(papaparse.parse(\'name,age\\n"a, b",5\\n\', { header: true, skipEmptyLines: true, dynamicTyping: true }).data)',
      'JSON.stringify(papaparse.parse(\'a;b\\r\\n"c""d";\').data)',
      "papaparse.unparse([{ a: 1, b: 'x,y' }]).replace('\\r\\n', '|')",
      "uuid.v5('www.example.com')",
      "uuid.validate(uuid.v1()) + ' ' + uuid.version(uuid.v1())",
      "new URL('/a?b=1', 'https://host').href + new URLSearchParams({ c: 2 }).toString()",
    ),
  ).toEqual([
    'true',
    'true',
    'true',
    'true',
    'one2',
    'null null',
    '10s1 10s6 10s10 10s6 10s1 10s0',
    '93784506 7 90000',
    's time unit is provided multiple times',
    'w is an unsupported time unit',
    '[{"name":"a, b","age":5}]',
    '[["a","b"],["c\\"d",""]]'.replace('\\\\', '\\'),
    'a,b|1,"x,y"',
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    'true 1',
    'https://host/a?b=1c=2',
  ]);
});

it('check of k6-utils accepts promises, and humanizeValue of k6-summary formats units', async () => {
  const { lines, totals } = await runScript(`
    import { check } from 'https://jslib.k6.io/k6-utils/1.6.0/index.js';
    import { humanizeValue } from 'https://jslib.k6.io/k6-summary/0.1.0/index.js';
    export default async function () {
      console.log(check(5, { 'is 5': (value) => value === 5, plain: false }));
      const pending = check(Promise.resolve(5), { 'is 5': (value) => value === 5, later: async () => true });
      console.log(pending instanceof Promise, await pending);
      console.log(
        humanizeValue(0.5, { type: 'rate', contains: 'default' }),
        humanizeValue(1234.5, { type: 'trend', contains: 'time' }),
        humanizeValue(1234.5, { type: 'trend', contains: 'time' }, 'ms'),
        humanizeValue(1234, { type: 'counter', contains: 'data' }),
        humanizeValue(1.5, { type: 'gauge', contains: 'default' }),
      );
    }
    export const options = { thresholds: { 'checks{check:is 5}': ['rate==1'] } };
  `);
  expect(lines).toEqual(['false', 'true true', '50.00% 1.23s 1234.50ms 1.2 kB 1.5']);
  expect(totals.rates['checks']).toEqual({ passes: 3, fails: 1 });
  expect(totals.rates['checks{check:is 5}']).toEqual({ passes: 2, fails: 0 });
});
