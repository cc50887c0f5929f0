import type { Layer } from './option-layers.js';
import type { OptionReader } from './option-reader.js';
import { readNetwork } from './read-network.js';
import type { RuntimeOptions } from './runtime-options.js';

/** k6's defaults. */
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_REDIRECTS = 10;
const DEFAULT_BATCH = 20;
const DEFAULT_BATCH_PER_HOST = 6;

/** What scripts and their clients obey, of the merged options. */
export function readRuntimeOptions(options: Layer, reader: OptionReader): RuntimeOptions {
  const flag = (name: string): boolean => reader.flag(options.get(name));
  const timeout = (name: string): number =>
    reader.duration(options.get(name), { leastMs: 0, otherwise: DEFAULT_TIMEOUT_MS });
  const integer = (name: string, least: number, otherwise: number): number =>
    reader.integer(options.get(name), { least, otherwise });
  const rps = reader.integer(options.get('rps'), { least: -1, otherwise: 0 });
  const debug = reader.text(options.get('httpDebug'));
  const userAgent = reader.text(options.get('userAgent'));
  const systemTags = reader.texts(options.get('systemTags'));
  return {
    setupTimeoutMs: timeout('setupTimeout'),
    teardownTimeoutMs: timeout('teardownTimeout'),
    noSetup: flag('noSetup'),
    noTeardown: flag('noTeardown'),
    throwsOnFailure: flag('throw'),
    discardResponseBodies: flag('discardResponseBodies'),
    noCookiesReset: flag('noCookiesReset'),
    noConnectionReuse: flag('noConnectionReuse'),
    noVuConnectionReuse: flag('noVUConnectionReuse'),
    insecureSkipTlsVerify: flag('insecureSkipTLSVerify'),
    maxRedirects: integer('maxRedirects', 0, DEFAULT_REDIRECTS),
    batch: integer('batch', 1, DEFAULT_BATCH),
    batchPerHost: integer('batchPerHost', 0, DEFAULT_BATCH_PER_HOST),
    ...(rps > 0 && { rps }),
    ...(debug !== undefined && !['', 'false'].includes(debug) && { httpDebug: debug === 'full' ? 'full' : 'headers' }),
    ...(userAgent !== undefined && { userAgent }),
    ...(systemTags !== undefined && { systemTags }),
    hosts: reader.textMap(options.get('hosts')),
    blockHostnames: reader.texts(options.get('blockHostnames')) ?? [],
    ...readNetwork(options, reader),
  };
}
