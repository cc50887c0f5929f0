import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import { silentLogger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import type { MirrorConfig } from '../config/outbox-config.js';
import { RedisPipeline } from '../redis/redis-pipeline.js';
import { redisAddress } from '../redis/redis-url.js';
import { formatNode } from '../connection/connection-id.js';
import { clusterTrial } from '../mirror/compose-mirror.js';
import { tryMirror } from '../mirror/mirror-trial.js';
import { maskUrl } from '../../core/masked-url.js';
import { createSinks, type ConfiguredSink } from '../sinks/create-sinks.js';
import { unwell, type CheckResult } from './check-result.js';

/** The time limit for one backend. */
export interface BackendPatience {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Connects to every sink and to the mirror's Redis as a start does, and disconnects. */
export async function checkBackends(config: GatewayConfig, patience: BackendPatience): Promise<CheckResult[]> {
  const boot = { node: formatNode(config.node), epoch: patience.clock.wallNow() };
  const warnings = new Map<string, string[]>();
  const warnOfLimit = (sink: string, warning: string): void => {
    warnings.set(sink, [...(warnings.get(sink) ?? []), warning]);
  };
  const { all } = createSinks({ config, boot, clock: patience.clock, log: silentLogger, warnOfLimit });
  const { mirror } = config;
  return Promise.all([
    ...all.map(async (configured) => {
      const result = await checkSink(configured, patience);
      return withWarnings(result, warnings.get(configured.sink.name));
    }),
    ...(mirror === undefined ? [] : [checkMirror(config, mirror, patience)]),
  ]);
}

function withWarnings(result: CheckResult, warnings: readonly string[] | undefined): CheckResult {
  if (warnings === undefined || result.level !== 'ok') return result;
  return { ...result, level: 'warning', detail: `${result.detail}, but: ${warnings.join(' ')}` };
}

/** Starts the sink, so that every problem of a start is found. */
async function checkSink({ sink, required, address }: ConfiguredSink, patience: BackendPatience): Promise<CheckResult> {
  const detail = address === undefined ? 'the ring behind /events; there is no backend' : `${address} answers`;
  const name = `sink ${sink.name}`;
  try {
    await inTime(sink.start('look'), patience);
    return { name, level: 'ok', detail };
  } catch (error) {
    if (error instanceof WsgError) return unwell(name, 'failed', error);
    return away(name, required, error);
  } finally {
    await sink.stop();
  }
}

/**
 * The gateway starts without this sink and keeps the events. A required sink that is away is still
 * a failed check.
 */
function away(name: string, required: boolean, error: unknown): CheckResult {
  const hint = required
    ? 'The gateway would start, keep the events in its outbox and retry.'
    : 'The sink is not required: the gateway would start and run without it.';
  return { name, level: required ? 'failed' : 'warning', detail: errorMessage(error), hint };
}

/** Does not start the mirror, which would delete the keys of a running gateway. */
async function checkMirror(
  config: GatewayConfig,
  { addr }: MirrorConfig,
  patience: BackendPatience,
): Promise<CheckResult> {
  const name = 'mirror';
  const address = redisAddress(addr);
  const pipeline = new RedisPipeline(address, patience.clock);
  try {
    await inTime(tryMirror(pipeline, address, formatNode(config.node), clusterTrial(config)), patience);
    return { name, level: 'ok', detail: `${maskUrl(addr)} answers` };
  } catch (error) {
    if (error instanceof WsgError) return unwell(name, 'failed', error);
    const hint = 'The gateway would start, and mirror the open connections once Redis is back.';
    return { name, level: 'failed', detail: `${maskUrl(addr)} is not usable: ${errorMessage(error)}`, hint };
  } finally {
    pipeline.close();
  }
}

/** Rejects after the time limit; the caller ends the work itself. */
export async function inTime<T>(work: Promise<T>, { clock, timeoutMs }: BackendPatience): Promise<T> {
  let cancel: () => void = () => undefined;
  const timeout = new Promise<never>((_, reject) => {
    cancel = clock.schedule(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    cancel();
  }
}
