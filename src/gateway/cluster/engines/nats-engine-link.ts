import type { NatsConnection } from '@nats-io/transport-node';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { waitAtMost } from '../../../core/delay.js';
import { Lifeline } from '../../sinks/lifeline.js';
import { closeNats, connectNats, rethrowNats } from '../../sinks/nats/nats-connection.js';
import type { EngineTarget } from '../engine.js';
import { ownTargets, targetName, type EngineLink, type EngineLinkDeps, type EngineLinkOptions } from './engine-link.js';
import { natsRefusal } from './engine-refusal.js';
import { SilenceWatch } from './silence-watch.js';

/**
 * Published bytes that a ping has not confirmed. Beyond them messages are dropped, so that a server
 * that does not read cannot fill the memory.
 */
const MOST_UNCONFIRMED_BYTES = 64 * 1024 * 1024;
/** Published bytes after which a ping follows, besides the ping of each second. */
const PING_EACH_BYTES = 8 * 1024 * 1024;
const FINISH_MS = 500;
const NOTHING = new Uint8Array(0);

interface NatsEngineLinkDeps extends EngineLinkDeps {
  readonly connection: NatsConnection;
  readonly lifeline: Lifeline;
}

/** One connection to a NATS server that publishes and is subscribed. */
export class NatsEngineLink implements EngineLink {
  endedBecause: string | undefined;
  readonly #options: EngineLinkOptions;
  readonly #deps: NatsEngineLinkDeps;
  readonly #watch: SilenceWatch;
  #confirmed = 0;
  /** Bytes published in all, when the last ping was sent, and when the last confirmed ping was sent. */
  #publishedBytes = 0;
  #pingedBytes = 0;
  #confirmedBytes = 0;
  #isOpening = true;
  /** The first error of the server or connection while the link is being opened. */
  #openingError: unknown;
  /** Own empty messages that came back. */
  #echoes = 0;

  private constructor(options: EngineLinkOptions, deps: NatsEngineLinkDeps) {
    this.#options = options;
    this.#deps = deps;
    const { connection } = deps;
    this.#watch = new SilenceWatch({
      clock: deps.clock,
      ping: () => this.#ping(),
      progress: () => this.#confirmed + connection.stats().inBytes,
      silent: (reason) => this.#end(reason),
    });
  }

  /** See `OpenEngineLink`. */
  static async open(this: void, options: EngineLinkOptions, deps: EngineLinkDeps): Promise<EngineLink> {
    const { addr } = options;
    const timeoutMs = options.timeoutMs * addr.split(',').length;
    const lifeline = new Lifeline({ timeoutMs, giveUp: deps.giveUp });
    try {
      return await lifeline.opening(async () => {
        const connection = await connectNats({ addr, timeoutMs }, lifeline.signal).catch(rethrowNats);
        const link = new NatsEngineLink(options, { ...deps, connection, lifeline });
        await link.#open().catch(async (error: unknown) => {
          await closeNats(connection);
          throw error;
        });
        return link;
      });
    } catch (error) {
      throw natsRefusal(error, `both permissions, publish and subscribe, on 'wsg.${options.cluster}.>'`);
    }
  }

  get maxMessageBytes(): number {
    return this.#deps.connection.info?.max_payload ?? 0;
  }

  publish(target: EngineTarget, bytes: Uint8Array): boolean {
    if (this.endedBecause !== undefined || bytes.length > this.maxMessageBytes) return false;
    if (this.#publishedBytes - this.#confirmedBytes > MOST_UNCONFIRMED_BYTES) return false;
    // It throws between its end and the report of it.
    if (this.#deps.connection.isClosed()) return false;
    this.#deps.connection.publish(targetName(this.#options.cluster, '.', target), bytes);
    this.#publishedBytes += bytes.length;
    if (this.#publishedBytes - this.#pingedBytes > PING_EACH_BYTES) this.#ping();
    return true;
  }

  async close(): Promise<void> {
    const { clock, connection, lifeline } = this.#deps;
    const wasOpen = this.endedBecause === undefined;
    this.#stop('it was closed');
    if (wasOpen) await waitAtMost(clock, connection.flush(), FINISH_MS);
    await closeNats(connection);
    lifeline.cut();
  }

  /** The client reports a missing permission only as a status, after the answer to the ping. */
  async #open(): Promise<void> {
    const { connection } = this.#deps;
    const targets = ownTargets(this.#options.self);
    void this.#followStatus();
    for (const target of targets) this.#subscribe(targetName(this.#options.cluster, '.', target));
    for (const target of targets) connection.publish(targetName(this.#options.cluster, '.', target), NOTHING);
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#openingError !== undefined) rethrowNats(this.#openingError);
    if (this.#echoes < targets.length) {
      throw new BackendRefusal('messages that this node publishes to its own subjects do not come back');
    }
    this.#isOpening = false;
    this.#watch.start();
  }

  #subscribe(subject: string): void {
    this.#deps.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const bytes = message.data;
        if (bytes.length > 0) this.#deps.received(bytes);
        else this.#echoes += 1;
      },
    });
  }

  async #followStatus(): Promise<void> {
    const { connection } = this.#deps;
    for await (const status of connection.status()) {
      if (status.type === 'error') this.#failed(status.error);
    }
    const error = await connection.closed();
    this.#failed(error instanceof Error ? error : new Error(CLOSED));
  }

  #ping(): void {
    const bytes = this.#publishedBytes;
    this.#pingedBytes = bytes;
    const confirm = (): void => {
      this.#confirmed += 1;
      this.#confirmedBytes = bytes;
    };
    // A ping that is not answered because the connection ended is not a second problem.
    this.#deps.connection.flush().then(confirm, () => undefined);
  }

  #failed(error: Error): void {
    if (this.#isOpening) this.#openingError ??= error;
    else this.#end(error.message);
  }

  #end(reason: string): void {
    if (this.endedBecause !== undefined) return;
    this.#stop(reason);
    // The library would wait for the last write to a peer that does not read.
    this.#deps.lifeline.cut(new Error(reason));
    this.#deps.lost(reason);
  }

  #stop(reason: string): void {
    this.endedBecause ??= reason;
    this.#watch.stop();
  }
}

const CLOSED =
  'the NATS server closed the connection, as it does when it stops and when this node reads too slowly (max_pending)';
