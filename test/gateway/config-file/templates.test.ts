import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { loadConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function load(yaml: string) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), yaml);
  try {
    return { ...loadConfig({ cwd, env: {} }), problems: [] };
  } catch (thrown) {
    if (thrown instanceof WsgError) return { config: undefined, warnings: [], problems: thrown.problems };
    throw thrown;
  }
}

it('invalid templates and paths are problems, all reported at once', async () => {
  const yaml = [
    'stream_redis: {addr: "redis://h", stream_name: "a{b"}',
    'stream_amqp: {addr: "amqp://h", routing_key: "{tag.}"}',
    'stream_nats: {addr: "nats://h", subject: "{json.}"}',
    'endpoints:',
    '  - json_extract_vars:',
    '      a: "#(x==1"',
    '      b: "x.[y,{z].w"',
    '      c: "x\\\\"',
    '      d: ""',
  ].join('\n');
  const { problems } = await load(yaml);
  expect(problems).toEqual([
    "config.yml:1:48 stream_redis.stream_name: 'a{b' is not a template: '{' must be part of a placeholder such as {tag.room} or {json.user:none}",
    "config.yml:2:46 stream_amqp.routing_key: '{tag.}' is not a template: '{tag.}' has no name",
    "config.yml:3:42 stream_nats.subject: '{json.}' is not a template: '{json.}' has no name",
    "config.yml:6:10 endpoints[0].json_extract_vars.a: '#(x==1' is not a path: its '#(' is never closed",
    "config.yml:7:10 endpoints[0].json_extract_vars.b: 'x.[y,{z].w' is not a path: its '[' is never closed",
    "config.yml:8:10 endpoints[0].json_extract_vars.c: 'x\\' is not a path: it ends with the backslash of an escape",
    "config.yml:9:10 endpoints[0].json_extract_vars.d: '' is not a path",
  ]);
});

it('paths in the syntax of gjson are accepted', async () => {
  const paths = [
    'a.b',
    'a\\.b',
    '#(a=="]").b',
    '#(a.#(b>1))#|0',
    '[a,b.#(c)]',
    '{"x":a}.x',
    '@type',
    '@flatten:{"deep":true}',
    '#.a',
    '..#.x',
    'a|!"("',
    '\\\\',
  ];
  const yaml = [
    'endpoints:',
    '  - json_extract_vars:',
    ...paths.map((path, index) => `      v${index}: '${path}'`),
  ].join('\n');
  expect((await load(yaml)).problems).toEqual([]);
});

it('a placeholder that can only give its default is a warning, for active sinks', async () => {
  const yaml = [
    'stream_redis: {addr: "redis://h", stream_name: "{json.user:x}-{json.room}-{tag.a}-{user}"}',
    'stream_amqp: {routing_key: "{json.nope}"}',
    'endpoints: [{path: /a, json_extract_vars: {room: r}}, {path: /b}]',
  ].join('\n');
  const { warnings } = await load(yaml);
  expect(warnings).toEqual([
    "config.yml:1:48 stream_redis.stream_name: '{json.user:x}' is a variable that no `json_extract_vars` defines: it always gives 'x'",
    "config.yml:1:48 stream_redis.stream_name: '{user}' begins with neither 'tag.' nor 'json.': it always gives '_'",
  ]);
});
