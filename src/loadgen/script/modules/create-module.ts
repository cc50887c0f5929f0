import type { VuContext } from '../runtime/vu-context.js';
import { jslibLibrary } from '../transform/module-names.js';
import { createCryptoModule } from './crypto.js';
import { createHtmlModule } from './html.js';
import { createHttpModule } from './http.js';
import { createK6Summary } from './jslib-k6-summary.js';
import { createK6Utils } from './jslib-k6-utils.js';
import { createPapaParse } from './jslib-papaparse.js';
import { createUrlModule } from './jslib-url.js';
import { createUuid } from './jslib-uuid.js';
import { createExperimentalWebsocketsModule, createWebsocketsModule } from './websockets.js';
import { createDataModule } from './data.js';
import { createEncodingModule } from './encoding.js';
import { createExecutionModule } from './execution.js';
import { createK6Module } from './k6.js';
import { createMetricsModule } from './metrics.js';
import { createTimersModule } from './timers.js';
import { createWsModule } from './ws.js';

/** What modules of one virtual user need beside its context. */
export interface ModuleTools {
  readonly reseed: (seed: number) => void;
  /** What its `Math.random` draws. */
  readonly random: () => number;
}

type ModuleFactory = (vu: VuContext, tools: ModuleTools) => object;

const FACTORIES: ReadonlyMap<string, ModuleFactory> = new Map<string, ModuleFactory>([
  ['k6', (vu, { reseed }) => createK6Module(vu, reseed)],
  ['k6/ws', createWsModule],
  ['k6/websockets', createWebsocketsModule],
  ['k6/experimental/websockets', createExperimentalWebsocketsModule],
  ['k6/http', createHttpModule],
  ['k6/crypto', createCryptoModule],
  ['k6/html', createHtmlModule],
  ['k6/metrics', createMetricsModule],
  ['k6/execution', createExecutionModule],
  ['k6/data', createDataModule],
  ['k6/encoding', createEncodingModule],
  ['k6/timers', createTimersModule],
]);

const LIBRARIES: ReadonlyMap<string, ModuleFactory> = new Map<string, ModuleFactory>([
  ['k6-utils', (vu, { random }) => createK6Utils(vu, random)],
  ['k6-summary', createK6Summary],
  ['papaparse', createPapaParse],
  ['url', createUrlModule],
  ['uuid', (_vu, { random }) => createUuid(random)],
]);

/** The module of this name for one virtual user; undefined when there is none. */
export function createModule(name: string, vu: VuContext, tools: ModuleTools): object | undefined {
  const library = jslibLibrary(name);
  const factory = library === undefined ? FACTORIES.get(name) : LIBRARIES.get(library);
  return factory?.(vu, tools);
}
