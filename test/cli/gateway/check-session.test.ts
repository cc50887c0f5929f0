import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCheck } from '../../../src/cli/gateway/check-session.js';
import { recordingOutput } from '../../support/recording-output.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function check(
  yaml: string,
  { json = false, workers }: { readonly json?: boolean; readonly workers?: string } = {},
) {
  const config = join(await temporaryFolder(), 'config.yml');
  await writeFile(config, yaml);
  const output = recordingOutput();
  const exitCode = await runCheck({
    flags: { config, listen: '127.0.0.1:0', transport: 'ws', workers },
    json,
    output,
    timeoutMs: 500,
  });
  return { config, exitCode, text: output.stdout.text() };
}

const GOOD = 'endpoints:\n  - path: /ws\n';

it('a valid configuration ends with 0', async () => {
  const { config, exitCode, text } = await check(GOOD);
  expect(exitCode).toBe(0);
  expect(text).toContain(`✓ configuration: ${config}\n`);
  expect(text).toContain('✓ transport: ws: ws is the default\n');
  expect(text).toMatch(/\n\n0 failed, 0 warnings, \d ok\n$/);
});

it('warns of a key that has no effect', async () => {
  const { exitCode, text } = await check(`${GOOD}fooo: 1\n`);
  expect(exitCode).toBe(0);
  expect(text).toMatch(/^! configuration: .*config\.yml:3:1 fooo: unknown key/m);
});

it('an invalid configuration reports every problem and ends with 104', async () => {
  const { exitCode, text } = await check('max_message_size_kb: none\nendpoints:\n  - path: nowhere\n');
  expect(exitCode).toBe(104);
  expect(text.match(/^✗ configuration: /gm)).toHaveLength(2);
});

it('what would keep the gateway from starting ends with 15', async () => {
  const { exitCode, text } = await check(`${GOOD}tls:\n  cert_file: none.pem\n  key_file: none.pem\n`);
  expect(exitCode).toBe(15);
  expect(text).toMatch(/^✗ certificate: .*none\.pem.*\n {4}\S/m);
});

it('JSON is one object with stable keys', async () => {
  const { exitCode, text } = await check(GOOD, { json: true });
  const record = JSON.parse(text);
  expect(Object.keys(record)).toEqual(['ok', 'exit_code', 'checks']);
  expect(record).toMatchObject({ ok: true, exit_code: exitCode });
  expect(Object.keys(record.checks[0])).toEqual(['name', 'level', 'detail', 'hint']);
});

it('says how many processes a start makes, and that the engine of the cluster is away, without its login', async () => {
  const cluster = 'cluster: {name: eu, nats: {addr: "nats://me:hunter2@127.0.0.1:1"}, strict: true}';
  const { exitCode, text } = await check(`${GOOD}node: {number: 3}\nworkers: 2\n${cluster}\n`);
  expect(exitCode).toBe(15);
  expect(text).toMatch(/^✓ workers: 2 processes hold connections, on \d+ cores$/m);
  expect(text).toMatch(/^✗ cluster: nats at nats:\/\/me:\*\*\*@127\.0\.0\.1:1 is not usable: connection refused$/m);
  expect(text).not.toContain('hunter2');
});

it('a number of workers on the command line replaces the one of the file, and a wrong one is a problem', async () => {
  const yaml = `${GOOD}workers: 2\n`;
  expect((await check(yaml, { workers: '1' })).text).not.toContain('processes hold');
  expect((await check(yaml, { workers: '3' })).text).toContain('✓ workers: 3 processes hold connections');
  const { exitCode, text } = await check(yaml, { workers: 'many' });
  expect(exitCode).toBe(104);
  expect(text).toContain("command line workers: must be a whole number from 1 to 255, or auto, not 'many'");
});
