import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { loadConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function load(streamAddr: string, syncAddr: string) {
  const cwd = await temporaryFolder();
  const yaml = `endpoints: [{}]\nstream_redis: {addr: "${streamAddr}"}\nconnection_redis_sync: {addr: "${syncAddr}"}\n`;
  await writeFile(join(cwd, 'config.yml'), yaml);
  return loadConfig({ cwd, env: {} });
}

it('options of a Redis URL without an effect are a warning, without the password', async () => {
  const { config, warnings } = await load('redis://u:secret@h/0?pool_size=9&client_name=x', 'redis://h?pool_fifo=1');
  expect(config.sinks.on.map(({ address }) => address)).toEqual(['redis://u:***@h/0?pool_size=9&client_name=x']);
  expect(warnings).toEqual([
    "stream_redis.addr: 'redis://u:***@h/0?pool_size=9&client_name=x' has options without an effect here: pool_size",
    "connection_redis_sync.addr: 'redis://h?pool_fifo=1' has options without an effect here: pool_fifo",
  ]);
});

it('an invalid Redis URL is a problem with its place, without the password', async () => {
  const thrown: unknown = await load('redis://:secret@h/x', 'h:6379').catch((error: unknown) => error);
  expect(thrown instanceof WsgError && thrown.problems).toEqual([
    "config.yml:2:22 stream_redis.addr: 'redis://:***@h/x' must have a number as its database",
    "config.yml:3:31 connection_redis_sync.addr: 'h:6379' must begin with redis://, rediss:// or unix://",
  ]);
});
