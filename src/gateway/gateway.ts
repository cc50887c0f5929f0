import { systemClock, type Clock } from '../core/clock.js';
import { errorMessage } from '../core/error.js';
import { formatListenAddress, type ListenAddress } from '../core/listen-address.js';
import type { Logger } from '../core/logger.js';
import type { GatewayConfig } from './config/gateway-config.js';
import type { ConfigSource } from './config/load-config.js';
import { composeGateway, type GatewayParts } from './gateway-parts.js';
import type { Readiness } from './internal-api/health-routes.js';
import { logStart } from './log/start-log.js';
import { tryDeadLetters } from './outbox/try-dead-letters.js';
import { TlsWatch } from './transport/tls-watch.js';

/** Beyond the 5 s after which delivery cuts who ignores a close frame. */
const CLOSE_BOUND_MS = 6_000;
/** Close frames are with the kernel; a peer that answers within this time sees a clean close and not a reset. */
const LINGER_MS = 100;

const UWS_LIMITS =
  'uWebSockets.js cannot pause clients, bounds neither what compressed messages inflate to in a second nor connections without a WebSocket, and answers 505 to absolute request targets and to request lines in several segments (long lists of ids); ' +
  'transport ws can and serves them, and docs/reference/transports.md lists what differs';

/** What the gateway does not make itself. */
export interface GatewayDependencies {
  readonly log: Logger;
  readonly clock?: Clock;
  /** For the log: where the configuration came from. */
  readonly source?: ConfigSource;
  /** For the metric of log lines that could not be written. */
  readonly droppedLogLines?: () => number;
}

/** A whole gateway on one node. */
export class Gateway {
  readonly #config: GatewayConfig;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #source: ConfigSource | undefined;
  readonly #droppedLogLines: (() => number) | undefined;
  /** `leaving`: load balancers are told to turn away (`drain.pause_s`), and whom they still send is served. */
  #phase: 'starting' | 'running' | 'leaving' | 'draining' = 'starting';
  #parts: GatewayParts | undefined;
  #starting: Promise<ListenAddress> | undefined;
  #stopping: Promise<void> | undefined;
  #isStopAsked = false;
  #internalAddress: ListenAddress | undefined;
  #tlsWatch: TlsWatch | undefined;

  constructor(config: GatewayConfig, dependencies: GatewayDependencies) {
    this.#config = config;
    this.#log = dependencies.log;
    this.#clock = dependencies.clock ?? systemClock;
    this.#source = dependencies.source;
    this.#droppedLogLines = dependencies.droppedLogLines;
  }

  /** Where the internal API listens by itself; undefined when it shares the public address, and before the start. */
  get internalAddress(): ListenAddress | undefined {
    return this.#internalAddress;
  }

  /** Events that a sink has not acknowledged yet; 0 before the start. */
  get waitingEvents(): number {
    return this.#parts?.outbox.state().events ?? 0;
  }

  /**
   * Resolves to the public address once it listens; to be called once. Rejects with `listen.*`, `tls.invalid`,
   * `secret.unreadable`, `transport.unavailable` or `plugin.failed`, and leaves nothing running then; so it does when `stop` comes before it has ended.
   */
  start(): Promise<ListenAddress> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /**
   * Drains: not ready for `drain.pause_s`, then no new connections, 1001 to everybody, close events out, outbox flushed.
   * Idempotent, and bounded by the `drain` keys of the configuration and some seconds for clients that ignore their close.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /**
   * Reads again what stands in files of its own: the certificate for handshakes to come, API keys, secrets of tokens. What cannot be
   * used is logged, and the old stays. Before the start and during the drain nothing happens.
   */
  async reload(): Promise<void> {
    const parts = this.#parts;
    if (this.#phase !== 'running' || parts === undefined) return;
    const { transport, access } = parts;
    await this.#reloadOne('tls', () => transport.reloadTls());
    await this.#reloadOne('api-keys', () => access.apiKeys.load());
    await this.#reloadOne('auth', () => access.admission.reload());
  }

  async #reloadOne(what: string, reload: () => Promise<void>): Promise<void> {
    try {
      await reload();
      this.#log.info('gateway.reloaded', { what });
    } catch (error) {
      this.#log.error('gateway.reload-failed', { what, reason: errorMessage(error) });
    }
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
    });
    this.#parts = parts;
    this.#log.info('transport.chosen', { transport: parts.transport.name, reason: parts.transportReason });
    if (parts.transport.name === 'uws') this.#log.warn('transport.limited', { transport: 'uws', limits: UWS_LIMITS });
    try {
      return await this.#startParts(parts);
    } catch (error) {
      // A cut start leaves what an earlier process left in the log where it is.
      await this.#stopParts(parts, this.#isStopAsked ? 0 : this.#config.drain.flushTimeoutMs);
      throw error;
    }
  }

  async #startParts(parts: GatewayParts): Promise<ListenAddress> {
    const { access, outbox, mirror, transport } = parts;
    for (const step of [
      () => access.apiKeys.load(),
      () => access.admission.start(),
      () => tryDeadLetters(this.#config.sinks, this.#config.outbox),
      () => outbox.start(),
      () => mirror?.start(outbox.recoveredThrough),
      () => this.#startPlugins(parts),
    ]) {
      await step();
      if (this.#isStopAsked) throw new Error('the gateway was stopped before it had started');
    }
    this.#internalAddress = await parts.internalListener?.listen();
    const address = await transport.listen();
    this.#phase = 'running';
    this.#watchTls();
    if (this.#internalAddress !== undefined) {
      this.#log.info('gateway.internal-listening', { address: formatListenAddress(this.#internalAddress) });
    }
    this.#log.info('gateway.listening', { address: formatListenAddress(address) });
    return address;
  }

  async #startPlugins({ delivery, transport, handler, plugins }: GatewayParts): Promise<void> {
    delivery.start(transport);
    if (transport.canPause) handler.pauseWhenFull();
    await plugins.start();
  }

  async #stop(): Promise<void> {
    this.#isStopAsked = true;
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
    const { pauseMs, closeSpreadMs } = this.#config.drain;
    this.#phase = 'leaving';
    this.#log.info('gateway.draining', { connections: parts.registry.size });
    if (pauseMs > 0) await this.#wait(pauseMs);
    this.#phase = 'draining';
    parts.transport.stopListening();
    const connections = parts.registry.size;
    await parts.plugins.stop();
    await parts.drain.run(closeSpreadMs, CLOSE_BOUND_MS);
    if (connections > 0) await this.#wait(LINGER_MS);
    await this.#stopParts(parts, this.#config.drain.flushTimeoutMs);
    this.#log.info('gateway.stopped', {});
  }

  /** In the order in which events flow, so that each part can still hand over what it has. */
  async #stopParts(parts: GatewayParts, flushTimeoutMs: number): Promise<void> {
    await parts.plugins.stop();
    this.#tlsWatch?.stop();
    parts.access.admission.stop();
    parts.delivery.stop();
    const left = await parts.outbox.stop(flushTimeoutMs);
    if (left > 0) this.#log.error('outbox.left-over', { events: left });
    await parts.mirror?.stop();
    await parts.transport.stop();
    await parts.internalListener?.stop();
  }

  #watchTls(): void {
    const { tls } = this.#config;
    if (tls === undefined) return;
    const onChange = () => void this.#reloadOne('tls', async () => this.#parts?.transport.reloadTls());
    this.#tlsWatch = new TlsWatch({ files: tls, onChange });
    this.#tlsWatch.start();
  }

  #readiness(): Readiness {
    if (this.#phase === 'starting') return 'starting';
    if (this.#phase !== 'running') return 'draining';
    const outbox = this.#parts?.outbox;
    if (outbox?.isFull === true) return 'outbox-full';
    return outbox?.isBuffering === true ? 'buffering' : 'ready';
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(resolve, delayMs));
  }
}
