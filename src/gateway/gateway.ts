import { systemClock, type Clock } from '../core/clock.js';
import type { WsgError } from '../core/error.js';
import { formatListenAddress, type ListenAddress } from '../core/listen-address.js';
import type { Logger } from '../core/logger.js';
import type { GatewayConfig } from './config/gateway-config.js';
import type { ConfigSource } from './config-file/load-config.js';
import { FileReloads } from './file-reloads.js';
import { drainConnections } from './gateway-drain.js';
import { composeGateway, type GatewayParts } from './gateway-parts.js';
import type { Readiness } from './internal-api/health-routes.js';
import { OpenFilesWatch } from './log/open-files-watch.js';
import { logStart } from './log/start-log.js';
import type { EventOutbox } from './outbox/event-outbox.js';
import { tryDeadLetters } from './outbox/letters/try-dead-letters.js';
import { PartStops } from './part-stops.js';
import type { ChosenTransport } from './transport/choose-transport.js';

/**
 * Time limit for stopping the outbox in addition to its flush: sinks disconnect, and writes to a
 * hanging disk are abandoned after 5 s.
 */
export const STOP_OUTBOX_MS = 8_000;

export interface GatewayDeps {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Origin of the configuration, for the log. */
  readonly source?: ConfigSource;
  /** Number of log lines that could not be written, for the metric. */
  readonly droppedLogLines?: () => number;
  /** Takes the reason when the gateway cannot go on. The caller stops it then. */
  readonly onUnusable?: (error: WsgError) => void;
}

/** A complete gateway on one node. */
export class Gateway {
  readonly #config: GatewayConfig;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #source: ConfigSource | undefined;
  readonly #droppedLogLines: (() => number) | undefined;
  readonly #onUnusable: (error: WsgError) => void;
  /**
   * `leaving`: `/readyz` tells load balancers to stop sending clients (`drain.pause_s`); clients
   * that still arrive are served.
   */
  #phase: 'starting' | 'running' | 'leaving' | 'draining' = 'starting';
  #parts: GatewayParts | undefined;
  #starting: Promise<ListenAddress> | undefined;
  #stopping: Promise<void> | undefined;
  #isStopAsked = false;
  #internalAddress: ListenAddress | undefined;
  #reloads: FileReloads | undefined;
  readonly #filesWatch: OpenFilesWatch;
  readonly #stops: PartStops;

  constructor(config: GatewayConfig, deps: GatewayDeps) {
    this.#config = config;
    this.#log = deps.log;
    this.#clock = deps.clock ?? systemClock;
    this.#source = deps.source;
    this.#droppedLogLines = deps.droppedLogLines;
    this.#onUnusable = deps.onUnusable ?? (() => undefined);
    this.#filesWatch = new OpenFilesWatch(this.#log, this.#clock);
    this.#stops = new PartStops(this.#log, this.#clock);
  }

  /**
   * Address of the internal listener; undefined before the start, and when the internal API shares
   * the public address.
   */
  get internalAddress(): ListenAddress | undefined {
    return this.#internalAddress;
  }

  /** Number of events that a sink has not acknowledged yet; 0 before the start. */
  get waitingEvents(): number {
    return this.#parts?.outbox.state().events ?? 0;
  }

  /**
   * Resolves to the public address once it listens. Call it once. Rejects with `listen.*`,
   * `tls.invalid`, `secret.unreadable`, `transport.unavailable` or `plugin.failed`, or when `stop`
   * is called meanwhile; then nothing is left running.
   */
  start(): Promise<ListenAddress> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /**
   * Drains: reports not ready for `drain.pause_s`, then accepts no connections, closes all for
   * `drain`, delivers close events and flushes the outbox. Idempotent. Rejects with
   * `gateway.stop-failed` when a part failed or hung, after stopping the others. Bounded by the
   * `drain` keys of the configuration plus some seconds for clients that ignore their close.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /**
   * Reloads files besides the configuration: the certificate for new handshakes, API keys and
   * secrets of tokens. A file that cannot be used is logged, and its old contents stay in use. Does
   * nothing before the start and during the drain.
   */
  async reload(): Promise<void> {
    if (this.#phase === 'running') await this.#reloads?.reload();
  }

  async #start(): Promise<ListenAddress> {
    logStart(this.#log, this.#config, this.#source?.kind === 'file' ? this.#source.path : undefined);
    const parts = await composeGateway({
      config: this.#config,
      log: this.#log,
      clock: this.#clock,
      readiness: () => this.#readiness(),
      acceptsUpgrades: () => this.#phase === 'running' || this.#phase === 'leaving',
      droppedLogLines: this.#droppedLogLines,
      onUnusable: this.#onUnusable,
    });
    this.#parts = parts;
    const { transport, access } = parts;
    this.#reloads = new FileReloads({ log: this.#log, tls: this.#config.tls, transport, access });
    await introduceTransport(this.#log, parts.chosen);
    this.#filesWatch.start();
    try {
      return await this.#startParts(parts);
    } catch (error) {
      // An interrupted start does not deliver events that an earlier process left in the log.
      await this.#stopParts(parts, this.#isStopAsked ? 0 : this.#config.drain.flushTimeoutMs);
      throw error;
    }
  }

  async #startParts(parts: GatewayParts): Promise<ListenAddress> {
    const { access, outbox, mirror, clusterMirror, transport } = parts;
    for (const step of [
      () => access.apiKeys.load(),
      () => access.admission.start(),
      () => tryDeadLetters(this.#config.sinks, this.#config.outbox),
      () => outbox.start(),
      () => mirror?.start(outbox.recoveredThrough),
      () => clusterMirror?.start(),
      () => this.#startPlugins(parts),
    ]) {
      await step();
      if (this.#isStopAsked) throw new Error('the gateway was stopped before it had started');
    }
    this.#internalAddress = await parts.internalListener?.listen();
    const address = await transport.listen();
    this.#phase = 'running';
    this.#reloads?.watch();
    if (this.#internalAddress !== undefined) {
      this.#log.info('gateway.internal-listening', { address: formatListenAddress(this.#internalAddress) });
    }
    this.#log.info('gateway.listening', { address: formatListenAddress(address) });
    return address;
  }

  async #startPlugins({ bus, transport, handler, plugins }: GatewayParts): Promise<void> {
    await bus.start();
    if (transport.canPause) handler.pauseWhenFull();
    await plugins.start();
  }

  async #stop(): Promise<void> {
    this.#isStopAsked = true;
    this.#parts?.clusterMirror?.hurryStart();
    this.#parts?.outbox.hurryStart();
    if (this.#phase === 'starting') await this.#parts?.plugins.stop();
    const started = await this.#starting?.then(
      () => true,
      () => false,
    );
    const parts = this.#parts;
    if (started !== true || parts === undefined) {
      if (this.#starting !== undefined) this.#log.info('gateway.stopped', {});
      return;
    }
    await this.#drain(parts);
    await this.#stopParts(parts, this.#config.drain.flushTimeoutMs);
    this.#log.info('gateway.stopped', {});
    this.#stops.throwIfFailed();
  }

  async #drain(parts: GatewayParts): Promise<void> {
    const { pauseMs, closeSpreadMs } = this.#config.drain;
    this.#phase = 'leaving';
    this.#log.info('gateway.draining', { connections: parts.registry.size });
    if (pauseMs > 0) await this.#wait(pauseMs);
    this.#phase = 'draining';
    await drainConnections(parts, closeSpreadMs, { stops: this.#stops, clock: this.#clock });
  }

  /** Stops parts in the order in which events flow, so that each can still pass on its events. */
  async #stopParts(parts: GatewayParts, flushTimeoutMs: number): Promise<void> {
    await this.#stops.stop('plugins', () => parts.plugins.stop());
    await this.#stops.stop('timers', () => {
      this.#reloads?.stop();
      parts.access.admission.stop();
      return parts.bus.stop();
    });
    parts.clusterMirror?.stopClosing();
    const flush = () => stopOutbox(this.#log, parts.outbox, flushTimeoutMs);
    await this.#stops.stop('outbox', flush, flushTimeoutMs + STOP_OUTBOX_MS);
    await this.#stops.stop('mirror', () => parts.mirror?.stop());
    await this.#stops.stop('membership', () => parts.clusterMirror?.stop());
    await this.#stops.stop('transport', () => parts.transport.stop());
    await this.#stops.stop('internal listener', () => parts.internalListener?.stop());
    this.#filesWatch.stop();
  }

  #readiness(): Readiness {
    if (this.#phase === 'starting') return 'starting';
    if (this.#phase !== 'running') return 'draining';
    return readinessOf(this.#parts);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(resolve, delayMs));
  }
}

/** Logs which transport is used, and what is wrong with it on this machine. */
export async function introduceTransport(log: Logger, chosen: ChosenTransport): Promise<void> {
  const { name: transport, reason, native } = chosen;
  log.info('transport.chosen', { transport, reason, ...native });
  for (const limit of await chosen.selfTest()) log.warn('transport.limited', { transport, ...limit });
}

/** Stops the outbox and logs what was lost. */
export async function stopOutbox(log: Logger, outbox: EventOutbox, flushTimeoutMs: number): Promise<void> {
  const left = await outbox.stop(flushTimeoutMs);
  if (left > 0) log.error('outbox.left-over', { events: left });
}

/** Readiness of a gateway that runs. */
export function readinessOf(parts: Pick<GatewayParts, 'outbox' | 'cluster'> | undefined): Readiness {
  const { outbox, cluster } = parts ?? {};
  if (outbox?.isFull === true) return 'outbox-full';
  if (cluster?.isDeaf === true) return 'bus-deaf';
  return outbox?.isBuffering === true ? 'buffering' : 'ready';
}
