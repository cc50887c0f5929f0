import { join } from 'node:path';
import { systemClock, type Clock } from '../core/clock.js';
import { WsgError } from '../core/error.js';
import { formatListenAddress, type ListenAddress } from '../core/listen-address.js';
import type { Logger } from '../core/logger.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { reloadOne } from './file-reloads.js';
import { drainBoundMs } from './gateway-drain.js';
import { introduceTransport, readinessOf, stopOutbox, STOP_OUTBOX_MS, type GatewayDeps } from './gateway.js';
import type { Readiness } from './internal-api/health-routes.js';
import { OpenFilesWatch } from './log/open-files-watch.js';
import { logStart } from './log/start-log.js';
import { tryDeadLetters } from './outbox/letters/try-dead-letters.js';
import { PartStops, STOP_PART_MS } from './part-stops.js';
import { composeSupervisor, type SupervisorParts } from './supervisor-parts.js';
import { claimPort } from './transport/http/listen-error.js';
import type { WorkerStart } from './workers/worker-control.js';
import { WorkerPool } from './workers/worker-pool.js';

export interface SupervisorGatewayDeps extends GatewayDeps {
  /** How worker processes are started. */
  readonly workers: Pick<WorkerStart, 'given' | 'log'> & {
    /** The module that a worker process runs. */
    readonly entry: string;
  };
}

/**
 * A gateway whose connections are in worker processes. This process has the outbox with its sinks,
 * the order of calls, the internal API and the signals.
 */
export class SupervisorGateway {
  readonly #config: GatewayConfig;
  readonly #deps: SupervisorGatewayDeps;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #onUnusable: (error: WsgError) => void;
  readonly #stops: PartStops;
  readonly #filesWatch: OpenFilesWatch;
  #phase: 'starting' | 'running' | 'leaving' | 'draining' = 'starting';
  #parts: SupervisorParts | undefined;
  #pool: WorkerPool | undefined;
  #starting: Promise<ListenAddress> | undefined;
  #stopping: Promise<void> | undefined;
  #isStopAsked = false;
  #internalAddress: ListenAddress | undefined;

  constructor(config: GatewayConfig, deps: SupervisorGatewayDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#log = deps.log;
    this.#clock = deps.clock ?? systemClock;
    this.#onUnusable = deps.onUnusable ?? (() => undefined);
    this.#stops = new PartStops(this.#log, this.#clock);
    this.#filesWatch = new OpenFilesWatch(this.#log, this.#clock);
  }

  /** As `Gateway.internalAddress`. */
  get internalAddress(): ListenAddress | undefined {
    return this.#internalAddress;
  }

  /** As `Gateway.waitingEvents`. */
  get waitingEvents(): number {
    return this.#parts?.outbox.state().events ?? 0;
  }

  /** As `Gateway.start`; resolves once all workers listen. Rejects also with `gateway.start-failed`. */
  start(): Promise<ListenAddress> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /** As `Gateway.stop`: the workers close their connections. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** As `Gateway.reload`, in all processes. */
  async reload(): Promise<void> {
    const { access } = this.#parts ?? {};
    if (this.#phase !== 'running' || access === undefined) return;
    await Promise.all([this.#pool?.reload(), reloadOne(this.#log, 'api-keys', () => access.apiKeys.load())]);
  }

  async #start(): Promise<ListenAddress> {
    const { source, droppedLogLines } = this.#deps;
    logStart(this.#log, this.#config, source?.kind === 'file' ? source.path : undefined);
    const parts = await composeSupervisor({
      config: this.#config,
      log: this.#log,
      clock: this.#clock,
      readiness: () => this.#readiness(),
      workerDetails: () => this.#workerDetails(),
      droppedLogLines,
      onUnusable: this.#onUnusable,
    });
    this.#parts = parts;
    await introduceTransport(this.#log, parts.chosen);
    this.#filesWatch.start();
    try {
      return await this.#startParts(parts);
    } catch (error) {
      await this.#stopParts(parts, this.#isStopAsked ? 0 : this.#config.drain.flushTimeoutMs);
      throw error;
    }
  }

  async #startParts(parts: SupervisorParts): Promise<ListenAddress> {
    const { access, outbox, mirror, bus } = parts;
    for (const step of [
      () => access.apiKeys.load(),
      () => tryDeadLetters(this.#config.sinks, this.#config.outbox),
      () => outbox.start(),
      () => mirror?.start(outbox.recoveredThrough),
      () => bus.start(),
    ]) {
      await step();
      this.#throwIfStopped();
    }
    const { host } = this.#config.listen;
    const address = { host, port: await claimPort(this.#config.listen) };
    this.#internalAddress = await parts.internalListener?.listen();
    await this.#startWorkers(parts, address);
    this.#throwIfStopped();
    this.#phase = 'running';
    if (this.#internalAddress !== undefined) {
      this.#log.info('gateway.internal-listening', { address: formatListenAddress(this.#internalAddress) });
    }
    this.#log.info('gateway.listening', { address: formatListenAddress(address) });
    return address;
  }

  async #startWorkers({ links, handover, routes }: SupervisorParts, listen: ListenAddress): Promise<void> {
    const { workers: count, node } = this.#config;
    const { entry, given, log } = this.#deps.workers;
    const linkPath = await links.listen();
    const handoverPath = join(links.folder ?? '', 'http');
    await handover.listen(handoverPath);
    const handedRoutes = routes.map(({ path, method, open }) => ({ path, method, open }));
    const shared = { workers: count, given, node, listen, linkPath, handoverPath, handedRoutes, log };
    const startOf = (worker: number): WorkerStart => ({ kind: 'start', worker, ...shared });
    const deps = { clock: this.#clock, log: this.#log, onFailed: () => this.#onUnusable(workersFailing()) };
    const pool = new WorkerPool({ workers: count, entry, startOf }, deps);
    this.#pool = pool;
    await pool.start();
  }

  #throwIfStopped(): void {
    if (this.#isStopAsked) throw new Error('the gateway was stopped before it had started');
  }

  async #stop(): Promise<void> {
    this.#isStopAsked = true;
    this.#parts?.outbox.hurryStart();
    if (this.#phase === 'starting') await this.#pool?.stop();
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

  async #drain(parts: SupervisorParts): Promise<void> {
    const { pauseMs, closeSpreadMs } = this.#config.drain;
    this.#phase = 'leaving';
    this.#log.info('gateway.draining', { connections: parts.intake.connections });
    if (pauseMs > 0) await new Promise<void>((resolve) => void this.#clock.schedule(resolve, pauseMs));
    this.#phase = 'draining';
    const boundMs = drainBoundMs(closeSpreadMs) + STOP_PART_MS;
    await this.#stops.stop('workers', () => this.#pool?.drain(closeSpreadMs, boundMs), boundMs + STOP_PART_MS);
  }

  /** Stops parts in the order in which events flow, so that each can still pass on its events. */
  async #stopParts(parts: SupervisorParts, flushTimeoutMs: number): Promise<void> {
    const { bus, outbox, mirror, links, handover, internalListener, figures } = parts;
    figures.stop();
    await this.#stops.stop('timers', () => bus.stop());
    const flush = () => stopOutbox(this.#log, outbox, flushTimeoutMs);
    await this.#stops.stop('outbox', flush, flushTimeoutMs + STOP_OUTBOX_MS);
    await this.#stops.stop('worker processes', () => this.#pool?.stop());
    await this.#stops.stop('mirror', () => mirror?.stop());
    await this.#stops.stop('handover', () => handover.stop());
    await this.#stops.stop('internal listener', () => internalListener?.stop());
    await this.#stops.stop('links', () => links.stop());
    this.#filesWatch.stop();
  }

  #readiness(): Readiness {
    if (this.#phase === 'starting') return 'starting';
    if (this.#phase !== 'running') return 'draining';
    if (this.#pool?.isListening !== true) return 'starting';
    return readinessOf(this.#parts);
  }

  #workerDetails(): Record<string, string | number> {
    const details: Record<string, string | number> = { workers: this.#config.workers };
    for (const { worker, state, pid, silentMs } of this.#pool?.states() ?? []) {
      const silence = state === 'degraded' ? ` silent_ms=${Math.round(silentMs)}` : '';
      details[`worker_${worker}`] = pid === 0 ? state : `${state} pid=${pid}${silence}`;
    }
    return details;
  }
}

function workersFailing(): WsgError {
  return new WsgError('worker.crashed', 'Worker processes ended five times within a minute, so the gateway stops.', {
    hint: 'The log lines worker.died and gateway.defect say how they ended.',
  });
}
