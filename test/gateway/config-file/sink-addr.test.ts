import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { loadConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), `endpoints: [{}]\n${yaml}\n`);
  try {
    loadConfig({ cwd, env: {} });
    return [];
  } catch (error) {
    return error instanceof WsgError ? error.problems.map((problem) => problem.replace(/^\S+ /, '')) : [String(error)];
  }
}

it.each([
  ['stream_amqp: {addr: "amqps://u:p%40@h:5671/v", exchange: e}'],
  ['stream_amqp: {addr: "amqp://h", queue: q}'],
  ['stream_nats: {addr: "nats://u:p@a:4222,tls://b", subject: "a.{tag.x:b.c}"}'],
  ['stream_webhook: {url: "https://u:p@h/path?token=x", headers: {Authorization: "Bearer x"}}'],
])('%s is fine', async (yaml) => {
  expect(await problemsOf(yaml)).toEqual([]);
});

it.each([
  [
    'stream_amqp: {addr: "http://u:marked@h", queue: q}',
    "stream_amqp.addr: 'http://u:***@h' must begin with amqp:// or amqps://",
  ],
  [
    'stream_amqp: {addr: "amqp://u:mar/ked@h", queue: q}',
    "stream_amqp.addr: 'amqp://u:***@h' is not a URL: reserved characters in a password must be percent-encoded",
  ],
  [
    'stream_amqp: {addr: "amqp://u:marked%zz@h", queue: q}',
    "stream_amqp.addr: 'amqp://u:***@h' has a broken percent-encoding",
  ],
  [
    'stream_amqp: {addr: "amqp://h"}',
    'stream_amqp: must have an exchange, a queue or a routing key: otherwise nothing takes the messages',
  ],
  [
    'stream_nats: {addr: "nats://u:marked@a,redis://b"}',
    "stream_nats.addr: 'nats://u:***@a,redis://b' must begin with nats:// or tls://",
  ],
  [
    'stream_nats: {stream: "a.b"}',
    "stream_nats.stream: 'a.b' is not a stream name: no white space and none of . * > / \\",
  ],
  ['stream_webhook: {url: "ftp://h"}', "stream_webhook.url: 'ftp://h' must begin with http:// or https://"],
  [
    'stream_webhook: {headers: {X-Wsg-Delivery: x}}',
    "stream_webhook.headers.X-Wsg-Delivery: 'X-Wsg-Delivery' is set by the sink",
  ],
  ['stream_webhook: {headers: {"a b": x}}', "stream_webhook.headers.a b: 'a b' is not a header name"],
  [
    'stream_webhook: {headers: {a: "marked\\n"}}',
    'stream_webhook.headers.a: must hold no characters that HTTP does not allow in a header',
  ],
])('%s is a problem, said without its password', async (yaml, problem) => {
  expect(await problemsOf(yaml)).toEqual([problem]);
});
