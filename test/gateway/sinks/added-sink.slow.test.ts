import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { WsgError } from '../../../src/core/error.js';
import { checkGateway } from '../../../src/gateway/check/check-gateway.js';
import { configReference } from '../../../src/gateway/config-file/config-reference.js';
import { loadConfig, type LoadedConfig } from '../../../src/gateway/config-file/load-config.js';
import { redeliverLetters } from '../../../src/gateway/outbox/letters/letter-work.js';
import { SINKS } from '../../../src/gateway/sinks/index.js';
import { OPCODE } from '../../support/raw-websocket.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { RunningGateway } from '../../support/running-gateway.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fileDefinition } from './added/file-definition.js';
import { describeSink } from './sink-suite.js';

/** The one line that adds the sink of the folder `added`. */
const sinks = [...SINKS, fileDefinition];

/** The patience for files on a busy machine. */
const PATIENCE = { timeout: 20_000 };
const ENDPOINT = '{path: /connect, set_tags: {room: "7"}, json_extract_vars: {kind: kind}}';

async function load(yaml: readonly string[], env: Record<string, string> = {}): Promise<LoadedConfig> {
  const cwd = await temporaryFolder();
  await writeFile(
    join(cwd, 'config.yml'),
    [`endpoints: [${ENDPOINT}]`, 'listen_addr: 127.0.0.1:0', ...yaml].join('\n'),
  );
  return loadConfig({ cwd, env, sinks });
}

async function problems(yaml: readonly string[]): Promise<readonly string[]> {
  return load(yaml).then(
    () => [],
    (error: unknown) => (error instanceof WsgError ? error.problems : [String(error)]),
  );
}

async function written(folder: string): Promise<Map<string, readonly Record<string, string>[]>> {
  const files = (await readdir(folder)).toSorted();
  return new Map(await Promise.all(files.map(async (name) => [name, await linesOf(join(folder, name))] as const)));
}

async function linesOf(path: string): Promise<Record<string, string>[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}

describeSink('added', ['id', 'reason'], async () => {
  const folder = await temporaryFolder();
  const sink = fileDefinition.schema.parse({ folder })?.create(sinkDeps());
  if (sink === undefined) throw new Error('the sink is off');
  const received = async (): Promise<ReceivedEvent[]> =>
    (await linesOf(join(folder, 'events.jsonl'))).map(receivedFromJson);
  return { sink, received };
});

it('the reference page has the keys of an added sink behind those of the others', () => {
  const keys = [...configReference(sinks).matchAll(/^\| `(stream_\w+)\.(\w+)` \|.*$/gm)];
  expect(keys.slice(-5).map(([row]) => row)).toEqual([
    '| `stream_file.folder` | text |  | `WSG_GATEWAY_STREAM_FILE_FOLDER` | Folder of the files; off when empty. |',
    '| `stream_file.file_name` | text | `events` | `WSG_GATEWAY_STREAM_FILE_FILE_NAME` | File; may be a template. |',
    '| `stream_file.max_event_bytes` | number, at least 1 | `16777216` | `WSG_GATEWAY_STREAM_FILE_MAX_EVENT_BYTES` | Most bytes of one event. |',
    '| `stream_file.token` | text |  | `WSG_GATEWAY_STREAM_FILE_TOKEN` | Only to be checked. |',
    expect.stringContaining('| `stream_file.required` | boolean | `true` |'),
  ]);
  expect(configReference()).not.toContain('stream_file');
});

it('an added sink is configured by file and environment, with problems and warnings at their places', async () => {
  const { config, warnings } = await load(['stream_file: {file_name: "{json.nope}", fil: 1}'], {
    WSG_GATEWAY_STREAM_FILE_FOLDER: 'relative',
  });
  expect(config.sinks).toMatchObject({ embedded: false, on: [{ name: 'file', address: 'relative', required: true }] });
  expect(warnings).toEqual([
    'config.yml:3:41 stream_file.fil: unknown key, ignored',
    "config.yml:3:26 stream_file.file_name: '{json.nope}' is a variable that no `json_extract_vars` defines: it always gives '_'",
    "stream_file.folder: 'relative' is relative",
  ]);
  expect((await load([])).config.sinks).toMatchObject({ embedded: true, on: [] });
  expect(
    await problems(['stream_file: {max_event_bytes: 0, file_name: "{a", token: "a secret"}', 'transport: x']),
  ).toEqual([
    'config.yml:3:32 stream_file.max_event_bytes: must be at least 1, not 0',
    expect.stringMatching(/^config\.yml:3:46 stream_file\.file_name: '\{a' is not a template/),
    'config.yml:3:59 stream_file.token: is not a token',
    "config.yml:4:12 transport: must be one of auto, uws, ws, not 'x'",
  ]);
});

it('a gateway delivers to an added sink, to the destinations of its template', async () => {
  const folder = await temporaryFolder();
  const { config } = await load([
    `stream_file: {folder: ${folder}, file_name: "{tag.room}-{json.kind:none}"}`,
    'prometheus: {enabled: true}',
    'drain: {close_spread_s: 0}',
  ]);
  const running = await RunningGateway.startWith(config);
  expect(running.log.lines.filter(({ event }) => event === 'sink.connecting').map(({ fields }) => fields)).toEqual([
    { sink: 'file', address: folder, kind: 'files' },
  ]);
  const client = await running.connect();
  client.send(OPCODE.text, '{"kind":"chat"}');
  await expect
    .poll(async () => [...(await written(folder)).keys()], PATIENCE)
    .toEqual(['7-chat.jsonl', '7-none.jsonl']);
  expect(await running.get('/metrics')).toMatch(/^sink_\w+\{sink="file"\} /m);
  await running.gateway.stop();
  const files = await written(folder);
  expect(files.get('7-chat.jsonl')).toMatchObject([{ action: 'message', message: '{"kind":"chat"}' }]);
  expect(files.get('7-none.jsonl')).toMatchObject([{ action: 'open' }, { action: 'close' }]);
});

it('serve --check tries an added sink and compares its limit', async () => {
  const folder = await temporaryFolder();
  const ofSink = async (keys: string) =>
    (await checkGateway((await load([`stream_file: {${keys}}`])).config)).filter(({ name }) => name === 'sink file');
  expect(await ofSink(`folder: ${folder}`)).toEqual([{ name: 'sink file', level: 'ok', detail: `${folder} answers` }]);
  expect(await ofSink(`folder: ${folder}, max_event_bytes: 2000`)).toMatchObject([
    { level: 'warning', detail: expect.stringContaining('stream_file.max_event_bytes is 2000 bytes') as unknown },
  ]);
  expect(await ofSink(`folder: ${folder}/none`)).toEqual([
    {
      name: 'sink file',
      level: 'failed',
      detail: `The folder ${folder}/none cannot be written.`,
      hint: 'Create it.',
    },
  ]);
});

it('what an added sink refuses goes to dead letters with its destination, and can be delivered again', async () => {
  const [folder, letters] = [await temporaryFolder(), await temporaryFolder()];
  const yaml = (maxBytes: number) => [
    `stream_file: {folder: ${folder}, file_name: "{tag.room}-{json.kind:none}", max_event_bytes: ${maxBytes}}`,
    `outbox: {dead_letter_dir: ${letters}}`,
    'drain: {close_spread_s: 0}',
  ];
  const running = await RunningGateway.startWith((await load(yaml(300))).config);
  const client = await running.connect();
  client.send(OPCODE.text, JSON.stringify({ kind: 'long', text: 'x'.repeat(300) }));
  await expect.poll(() => readdir(letters), PATIENCE).toEqual(['file.jsonl']);
  await running.gateway.stop();
  const [letter] = await linesOf(join(letters, 'file.jsonl'));
  expect(letter?.['destinations']).toEqual({ redis: '', amqp: '', nats: '', file: '7-long.jsonl' });
  const result = await redeliverLetters((await load(yaml(1_000))).config, {
    dir: letters,
    sink: 'file',
    filter: {},
    signal: new AbortController().signal,
    onProgress: () => undefined,
    clock: systemClock,
  });
  expect(result).toMatchObject({ delivered: 1, refused: 0 });
  expect((await written(folder)).get('7-long.jsonl')).toHaveLength(1);
});
