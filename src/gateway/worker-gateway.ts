import { systemClock, type Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { resolveGiven } from './config-file/load-config.js';
import { FileReloads } from './file-reloads.js';
import { drainConnections } from './gateway-drain.js';
import { OpenFilesWatch } from './log/open-files-watch.js';
import { PartStops, STOP_PART_MS } from './part-stops.js';
import { composeWorker, type WorkerParts } from './worker-parts.js';
import type { WorkerStart } from './workers/worker-control.js';

export interface WorkerGatewayDeps {
  readonly log: Logger;
  readonly start: WorkerStart;
  readonly clock?: Clock;
  /** Called when the link to the supervisor is lost: no event can be accepted any more. */
  readonly onLinkLost: (reason: string) => void;
}

/**
 * The part of a gateway that runs in a worker process: clients and their connections. The
 * supervisor has the events, the internal API and the bus.
 */
export class WorkerGateway {
  readonly #config: GatewayConfig;
  readonly #start: WorkerStart;
  readonly #onLinkLost: (reason: string) => void;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #stops: PartStops;
  readonly #filesWatch: OpenFilesWatch;
  #phase: 'starting' | 'running' | 'draining' = 'starting';
  #isStopping = false;
  #parts: WorkerParts | undefined;
  #reloads: FileReloads | undefined;

  constructor({ log, start, clock = systemClock, onLinkLost }: WorkerGatewayDeps) {
    const { given, node, listen } = start;
    this.#config = { ...resolveGiven(given), node, listen };
    this.#start = start;
    this.#onLinkLost = onLinkLost;
    this.#log = log;
    this.#clock = clock;
    this.#stops = new PartStops(log, clock);
    this.#filesWatch = new OpenFilesWatch(log, clock);
  }

  /** Resolves once clients can connect. Rejects as `Gateway.start` does. */
  async start(): Promise<void> {
    const parts = await composeWorker({
      config: this.#config,
      log: this.#log,
      clock: this.#clock,
      start: this.#start,
      acceptsUpgrades: () => this.#phase === 'running',
    });
    this.#parts = parts;
    parts.link.onClosed((reason) => {
      if (!this.#isStopping) this.#onLinkLost(reason);
    });
    const { access, store, mirror, handler, plugins, transport } = parts;
    this.#reloads = new FileReloads({ log: this.#log, tls: this.#config.tls, transport, access });
    this.#filesWatch.start();
    await access.apiKeys.load();
    await access.admission.start();
    await store.local.start();
    await mirror?.start();
    if (transport.canPause) handler.pauseWhenFull();
    await plugins.start();
    await transport.listen();
    if (this.#phase === 'starting') this.#phase = 'running';
    this.#reloads.watch();
  }

  /** Reloads files besides the configuration, as `Gateway.reload` does. */
  async reload(): Promise<void> {
    if (this.#phase === 'running') await this.#reloads?.reload();
  }

  /**
   * Accepts no more connections and closes all within `spreadMs`. Resolves when the supervisor has
   * taken their events. What is left to answer on plain connections is answered until `stop`.
   */
  async drain(spreadMs: number): Promise<void> {
    this.#phase = 'draining';
    const parts = this.#parts;
    if (parts === undefined) return;
    const { store, outbox } = parts;
    const drained = { ...parts, registry: store.registry };
    await drainConnections(drained, spreadMs, { stops: this.#stops, clock: this.#clock });
    await this.#stops.stop('events', () => outbox.stop(STOP_PART_MS));
  }

  /** Sends the events of this tick, before the process ends at once. */
  flushEvents(): void {
    this.#parts?.link.flush();
  }

  /** Cuts what is left and closes the link. */
  async stop(): Promise<void> {
    this.#phase = 'draining';
    this.#isStopping = true;
    const parts = this.#parts;
    this.#reloads?.stop();
    this.#filesWatch.stop();
    if (parts === undefined) return;
    parts.access.admission.stop();
    await this.#stops.stop('plugins', () => parts.plugins.stop());
    await this.#stops.stop('timers', () => parts.store.local.stop());
    await this.#stops.stop('mirror', () => parts.mirror?.stop());
    await this.#stops.stop('transport', () => parts.transport.stop());
    parts.handover.stop();
    parts.link.end();
  }
}
