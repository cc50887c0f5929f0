import type { VuContext } from '../runtime/vu-context.js';
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
}

type ModuleFactory = (vu: VuContext, tools: ModuleTools) => object;

const FACTORIES: ReadonlyMap<string, ModuleFactory> = new Map<string, ModuleFactory>([
  ['k6', (vu, { reseed }) => createK6Module(vu, reseed)],
  ['k6/ws', createWsModule],
  ['k6/metrics', createMetricsModule],
  ['k6/execution', createExecutionModule],
  ['k6/data', createDataModule],
  ['k6/encoding', createEncodingModule],
  ['k6/timers', createTimersModule],
]);

/** The module of this name for one virtual user; undefined when there is none. */
export function createModule(name: string, vu: VuContext, tools: ModuleTools): object | undefined {
  return FACTORIES.get(name)?.(vu, tools);
}
