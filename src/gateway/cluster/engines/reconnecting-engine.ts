import type { Clock } from '../../../core/clock.js';
import { backoffMs, Pause, waitAtMost, withDeadline } from '../../../core/delay.js';
import { errorMessage, WsgError } from '../../../core/error.js';
import { LimitedLog } from '../../../core/limited-log.js';
import type { Logger } from '../../../core/logger.js';
import { maskUrl } from '../../../core/masked-url.js';
import type { Engine, EngineListener, EngineTarget } from '../engine.js';
import type { EngineLink, NodeBoot, OpenEngineLink } from './engine-link.js';
import { EngineRefusal } from './engine-refusal.js';

export interface ReconnectingEngineOptions {
  readonly kind: Engine['kind'];
  /** Holds credentials: never to be logged. */
  readonly addr: string;
  /** Name of the cluster. */
  readonly cluster: string;
}

export interface ReconnectingEngineDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly open: OpenEngineLink;
}

/** Time limit for `start` and for the first attempt. */
const START_MS = 5_000;
/**
 * Time limit for each later attempt, and the longest wait between two. They are short because a node
 * without its engine is not ready. An attempt may begin while nothing comes back from the engine,
 * and then ends only by its time limit.
 */
const RETRY_MS = 2_000;
const LONGEST_WAIT_MS = 1_000;
/** Time limit for `stop`. */
const STOP_MS = 2_000;
/** A link that ends sooner counts as a failed attempt, so that the wait grows. */
const LASTING_MS = 5_000;
const WARN_EACH_MS = 10_000;

/** Keeps one link to an engine, and opens another after each loss. */
export class ReconnectingEngine implements Engine {
  readonly kind: Engine['kind'];
  readonly refused: ReadonlyMap<string, number> = new Map();
  readonly #options: ReconnectingEngineOptions;
  readonly #deps: ReconnectingEngineDeps;
  readonly #giveUp = new AbortController();
  readonly #pause: Pause;
  readonly #awayLog: LimitedLog;
  readonly #failureLog: LimitedLog;
  #self: NodeBoot = { node: 0, boot: 0 };
  #listener: EngineListener | undefined;
  #link: EngineLink | undefined;
  #upSince = 0;
  #maxMessageBytes = 0;
  /** Attempts in a row that gave no lasting link. */
  #failures = 0;
  #waitMs = 0;
  #timeoutMs = START_MS;
  /** Takes the outcome of the first attempt. */
  #firstOutcome: (refusal: EngineRefusal | undefined) => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  /** Goes on after the loss of the link. */
  #linkGone: () => void = () => undefined;

  constructor(options: ReconnectingEngineOptions, deps: ReconnectingEngineDeps) {
    this.kind = options.kind;
    this.#options = options;
    this.#deps = deps;
    this.#pause = new Pause(deps.clock);
    this.#awayLog = new LimitedLog(deps.log, deps.clock, WARN_EACH_MS);
    this.#failureLog = new LimitedLog(deps.log, deps.clock);
  }

  get isUp(): boolean {
    return this.#link !== undefined;
  }

  get maxMessageBytes(): number {
    return this.#link?.maxMessageBytes ?? this.#maxMessageBytes;
  }

  async start(self: NodeBoot, listener: EngineListener): Promise<void> {
    this.#self = self;
    this.#listener = listener;
    const first = new Promise<EngineRefusal | undefined>((resolve) => (this.#firstOutcome = resolve));
    this.#running = this.#run();
    const refusal = await withDeadline(this.#deps.clock, first, START_MS, undefined);
    if (refusal === undefined) return;
    await this.stop();
    throw new WsgError('sink.refused', `The engine of the cluster refuses this node: ${this.#described(refusal)}`, {
      hint: refusal.hint,
      cause: refusal,
    });
  }

  publish(target: EngineTarget, bytes: Uint8Array): boolean {
    return this.#link?.publish(target, bytes) ?? false;
  }

  reconnect(reason: string): void {
    this.#lost(reason);
  }

  async stop(): Promise<void> {
    this.#giveUp.abort(new Error('the engine was stopped'));
    this.#pause.end();
    const link = this.#link;
    this.#link = undefined;
    await waitAtMost(this.#deps.clock, link?.close() ?? Promise.resolve(), STOP_MS);
    this.#linkGone();
    await waitAtMost(this.#deps.clock, this.#running, STOP_MS);
  }

  get #isStopped(): boolean {
    return this.#giveUp.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#useOneLink();
      } catch (error) {
        this.#failed(error);
      }
      this.#timeoutMs = RETRY_MS;
      // Half of the wait is random: nodes that lost the same engine do not return at once.
      await this.#pause.wait(this.#isStopped ? 0 : this.#waitMs * (0.5 + Math.random() / 2));
    }
  }

  /** Opens a link, and resolves when it is lost. */
  async #useOneLink(): Promise<void> {
    const link = await this.#open();
    if (this.#isStopped || link.endedBecause !== undefined) {
      await link.close();
      throw new Error(link.endedBecause ?? 'the engine was stopped');
    }
    const gone = new Promise<void>((resolve) => (this.#linkGone = resolve));
    this.#link = link;
    this.#maxMessageBytes = link.maxMessageBytes;
    this.#upSince = this.#deps.clock.now();
    this.#listener?.up();
    this.#firstOutcome(undefined);
    await gone;
    await link.close();
  }

  #open(): Promise<EngineLink> {
    const { addr, cluster } = this.#options;
    const opening: { link?: EngineLink } = {};
    const deps = {
      clock: this.#deps.clock,
      giveUp: this.#giveUp.signal,
      received: (bytes: Uint8Array) => this.#received(bytes),
      lost: (reason: string) => {
        if (opening.link !== undefined && opening.link === this.#link) this.#lost(reason);
      },
    };
    const options = { addr, cluster, self: this.#self, timeoutMs: this.#timeoutMs };
    return this.#deps.open(options, deps).then((link) => (opening.link = link));
  }

  #lost(reason: string): void {
    if (this.#link === undefined) return;
    this.#link = undefined;
    const lasted = this.#deps.clock.now() - this.#upSince >= LASTING_MS;
    this.#failures = lasted ? 1 : this.#failures + 1;
    this.#waitMs = backoffMs(this.#failures);
    this.#listener?.down(reason);
    this.#linkGone();
  }

  /** An error of the listener must not end the connection, on which other calls travel. */
  #received(bytes: Uint8Array): void {
    try {
      this.#listener?.received(bytes);
    } catch (error) {
      this.#failureLog.warn('cluster.message-failed', { engine: this.kind, reason: errorMessage(error) });
    }
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    const isRefused = error instanceof EngineRefusal;
    this.#waitMs = isRefused ? backoffMs(this.#failures) : Math.min(backoffMs(this.#failures), LONGEST_WAIT_MS);
    const hint = isRefused ? error.hint : undefined;
    this.#firstOutcome(isRefused ? error : undefined);
    this.#awayLog.warn('cluster.engine-away', {
      engine: this.kind,
      addr: maskUrl(this.#options.addr),
      reason: errorMessage(error),
      ...(hint !== undefined && { hint }),
      attempts: this.#failures,
    });
  }

  #described(refusal: EngineRefusal): string {
    return `${this.kind} at ${maskUrl(this.#options.addr)}: ${refusal.message}`;
  }
}
