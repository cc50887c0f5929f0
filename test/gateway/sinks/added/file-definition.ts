import { access, appendFile, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WsgError } from '../../../../src/core/error.js';
import { encodeEventJson } from '../../../../src/gateway/event/event-json.js';
import type { GatewayEvent } from '../../../../src/gateway/event/gateway-event.js';
import type { EventSink, RefusedEvent, SinkDeps, SinkReceipt } from '../../../../src/gateway/sinks/event-sink.js';
import { defineSink, required } from '../../../../src/gateway/sinks/sink-definition.js';
import { template } from '../../../../src/gateway/template/template.js';

interface FileSinkConfig {
  readonly folder: string;
  readonly fileName: string;
  readonly maxEventBytes: number;
}

const keys = z
  .object({
    folder: z.string().default('').describe('Folder of the files; off when empty.'),
    file_name: template(z.string()).describe('File; may be a template.').default('events'),
    max_event_bytes: z.int().min(1).default(16_777_216).describe('Most bytes of one event.'),
    token: z.string().regex(/^\w*$/, { error: 'is not a token' }).default('').describe('Only to be checked.'),
    required,
  })
  .prefault({})
  .describe('Sink of a test.');

/** A complete sink in one file: it writes lines of JSON to files. */
export const fileDefinition = defineSink({
  name: 'file',
  keys,
  secretKeys: ['token'],
  resolve: ({ folder, file_name: fileName, max_event_bytes: maxEventBytes }): FileSinkConfig | undefined =>
    folder === '' ? undefined : { folder, fileName, maxEventBytes },
  warnings: ({ folder }) => (folder.startsWith('/') ? [] : [`folder: '${folder}' is relative`]),
  address: ({ folder }) => folder,
  describe: ({ folder }) => ({ address: folder, kind: 'files' }),
  destination: { key: 'file_name', template: ({ fileName }) => fileName, finish: (name) => `${name}.jsonl` },
  mayRefuse: true,
  create: (config, deps) => new FileSink(config, deps),
});

class FileSink implements EventSink {
  readonly name = 'file';
  readonly #config: FileSinkConfig;
  readonly #deps: SinkDeps;

  constructor(config: FileSinkConfig, deps: SinkDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  destinationOf({ destinations }: GatewayEvent): string | undefined {
    return destinations?.[this.#deps.position];
  }

  async start(): Promise<void> {
    const { folder, maxEventBytes: maxBytes } = this.#config;
    this.#deps.reportLimit({ maxBytes, setting: 'stream_file.max_event_bytes', encoding: 'json', effect: 'refused' });
    await access(folder, constants.W_OK).catch((cause: unknown) => {
      throw new WsgError('sink.refused', `The folder ${folder} cannot be written.`, { hint: 'Create it.', cause });
    });
  }

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const refused: RefusedEvent[] = [];
    for (const event of batch) {
      const { id, reason } = event;
      const line = JSON.stringify({ id, reason, ...(JSON.parse(encodeEventJson(event)) as object) });
      if (line.length > this.#config.maxEventBytes) refused.push({ event, reason: 'It is too large.' });
      else await appendFile(join(this.#config.folder, this.#fileOf(event)), `${line}\n`);
    }
    return { settled: batch.length, refused };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  #fileOf(event: GatewayEvent): string {
    return this.destinationOf(event) ?? `${this.#config.fileName}.jsonl`;
  }
}
