import type { VuContext } from '../runtime/vu-context.js';
import { jslibLibrary } from '../../../script-compiler/module-names.js';
import { parseHtml } from './html/html-selection.js';
import { asText } from '../runtime/values.js';
import { createCryptoModule } from './crypto.js';
import { createHttpModule } from './http/http.js';
import { createK6Summary } from './jslib/k6-summary.js';
import { createK6Utils, createUuid } from './jslib/k6-utils.js';
import { createPapaParse } from './jslib/papaparse.js';
import { createExperimentalWebsocketsModule, createWebsocketsModule } from './sockets/web-socket.js';
import { createDataModule } from './data.js';
import { createEncodingModule } from './encoding.js';
import { createExecutionModule } from './execution.js';
import { createK6Module } from './k6.js';
import { createMetricsModule } from './metrics.js';
import { createTimersModule } from './timers.js';
import { createWsModule } from './sockets/ws-session.js';

/** The module `k6/html` of one virtual user. */
export function createHtmlModule(vu: VuContext): object {
  const parseHTML = (text?: unknown): object => parseHtml(vu, text === undefined || text === null ? '' : asText(text));
  return { parseHTML, default: { parseHTML } };
}

/** The library `url` of jslib.k6.io: Node's classes of the URL standard. */
export function createUrlModule(): object {
  return { URL, URLSearchParams };
}

/** Collaborators of modules, in addition to the virtual user. */
export interface ModuleDeps {
  readonly reseed: (seed: number) => void;
  /** The virtual user's `Math.random`. */
  readonly random: () => number;
}

type ModuleFactory = (vu: VuContext, deps: ModuleDeps) => object;

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

/** Creates the module with this name for one virtual user; undefined if it is unknown. */
export function createModule(name: string, vu: VuContext, deps: ModuleDeps): object | undefined {
  const library = jslibLibrary(name);
  const factory = library === undefined ? FACTORIES.get(name) : LIBRARIES.get(library);
  return factory?.(vu, deps);
}
