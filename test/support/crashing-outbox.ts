import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutboxConfig } from '../../src/gateway/config/outbox-config.js';
import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';
import type { EventOutbox } from '../../src/gateway/outbox/event-outbox.js';
import type { NewEvent } from '../../src/gateway/outbox/outbox.js';
import type { EventSink, SinkReceipt } from '../../src/gateway/sinks/event-sink.js';
import { ManualClock } from './manual-clock.js';
import { RecordingLogger } from './recording-logger.js';
import { settle } from './settle.js';
import { testOutbox } from './test-outbox.js';

/** A backend that outlives the gateway. It keeps each event once, by id, and may be unavailable. */
export class Backend {
  readonly events: GatewayEvent[] = [];
  /** Every event taken, in order, with duplicates. */
  readonly taken: GatewayEvent[] = [];
  isAway = false;
  /** Number of batches that are taken but whose acknowledgement is lost. */
  losesAcknowledgements = 0;
  /** Selects events that make the whole batch fail, like a receiver that answers 500 to them. */
  dislikes: (event: GatewayEvent) => boolean = () => false;
  readonly #ids = new Set<string>();

  take(batch: readonly GatewayEvent[]): SinkReceipt {
    if (this.isAway) throw new Error('The backend is away.');
    if (batch.some(this.dislikes)) throw new Error('The backend dislikes one of these.');
    this.taken.push(...batch);
    for (const event of batch) {
      if (!this.#ids.has(event.id)) this.events.push(event);
      this.#ids.add(event.id);
    }
    if (this.losesAcknowledgements > 0) {
      this.losesAcknowledgements--;
      throw new Error('The acknowledgement was lost.');
    }
    return { settled: batch.length, refused: [] };
  }
}

/** A process's connection to the backend; dead after the process was killed. */
class BackendSink implements EventSink {
  isDead = false;

  readonly #backend: Backend;

  constructor(
    readonly name: string,
    backend: Backend,
  ) {
    this.#backend = backend;
  }

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.isDead) throw new Error('The process was killed.');
    return this.#backend.take(batch);
  }

  async stop(): Promise<void> {}
}

/** The events that one process accepted, in order. */
export interface Boot {
  readonly epoch: number;
  readonly accepted: { readonly sequence: number; readonly event: NewEvent }[];
}

/**
 * An outbox whose process can be killed at any moment. The files on disk at that moment are copied,
 * and the next process starts on the copy.
 */
export class CrashingOutbox {
  readonly boots: Boot[] = [];
  readonly log = new RecordingLogger();
  readonly clock = new ManualClock();
  readonly #root: string;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #config: Partial<OutboxConfig>;
  #sinks: BackendSink[] = [];
  #outbox: EventOutbox | undefined;
  #killed: EventOutbox[] = [];

  private constructor(root: string, backends: ReadonlyMap<string, Backend>, config: Partial<OutboxConfig>) {
    this.#root = root;
    this.#backends = backends;
    this.#config = config;
  }

  static async create(backends: ReadonlyMap<string, Backend>, config: Partial<OutboxConfig>): Promise<CrashingOutbox> {
    return new CrashingOutbox(await mkdtemp(join(tmpdir(), 'wsg-crash-')), backends, config);
  }

  get dir(): string {
    return join(this.#root, String(Math.max(1, this.boots.length)));
  }

  get outbox(): EventOutbox {
    if (this.#outbox === undefined) throw new Error('nothing runs');
    return this.#outbox;
  }

  /** Starts a process on the files that the previous one left. */
  async start(): Promise<void> {
    const epoch = 1_700_000_000_000 + this.boots.length;
    if (this.boots.length === 0) mkdirSync(join(this.#root, '1'));
    this.boots.push({ epoch, accepted: [] });
    this.#sinks = Array.from(this.#backends, ([name, backend]) => new BackendSink(name, backend));
    this.#outbox = testOutbox(this.#sinks, {
      boot: { node: '00af', epoch },
      clock: this.clock,
      log: this.log,
      batch: { maxEvents: 7, maxBytes: 4_000 },
      config: { dir: this.dir, deadLetterDir: join(this.#root, 'dead'), ...this.#config },
    });
    await this.#outbox.start();
  }

  append(event: NewEvent): boolean {
    const sequence = this.outbox.append(event);
    if (sequence > 0) this.boots.at(-1)?.accepted.push({ sequence, event });
    return sequence > 0;
  }

  /** Kills the process: the next one finds what is on disk now. */
  kill(): void {
    for (const sink of this.#sinks) sink.isDead = true;
    this.#killed.push(this.outbox);
    this.#outbox = undefined;
    copyFolder(this.dir, join(this.#root, String(this.boots.length + 1)));
  }

  /** Stops the process as SIGTERM does. Resolves with the number of events lost. */
  async stop(): Promise<number> {
    const stopping = this.outbox.stop(0);
    let lost: number | undefined;
    stopping.then(
      (left) => (lost = left),
      () => (lost = -1),
    );
    await settle(() => {
      this.clock.advance(0);
      return lost !== undefined;
    });
    copyFolder(this.dir, join(this.#root, String(this.boots.length + 1)));
    this.#outbox = undefined;
    return stopping;
  }

  async passUntil(isReached: () => boolean): Promise<void> {
    await settle(() => {
      this.clock.advance(50);
      return isReached();
    });
  }

  async deliverAll(): Promise<void> {
    await this.passUntil(() => this.outbox.state().events === 0);
  }

  async remove(): Promise<void> {
    const outboxes = [...this.#killed, ...(this.#outbox === undefined ? [] : [this.#outbox])];
    let stopped = 0;
    for (const outbox of outboxes) void outbox.stop(0).finally(() => stopped++);
    await this.passUntil(() => stopped === outboxes.length);
    await rm(this.#root, { recursive: true, force: true });
  }
}

/**
 * Copies a folder, and begins again when a file disappears meanwhile, because no process ever sees
 * half of a rename.
 */
function copyFolder(from: string, to: string): void {
  for (;;) {
    try {
      mkdirSync(to, { recursive: true });
      const names = readdirSync(from).filter((name) => !name.startsWith('lock'));
      for (const name of names) copyFileSync(join(from, name), join(to, name));
      return;
    } catch {
      // The file was renamed or removed.
    }
  }
}
