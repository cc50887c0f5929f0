import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.js';
import type { WsgError } from '../../src/core/error.js';
import type { CallOptions, CallOutcome } from '../../src/gateway/bus/bus.js';
import { LocalBus } from '../../src/gateway/bus/local-bus.js';
import { ClusterBus } from '../../src/gateway/cluster/cluster-bus.js';
import type { NodeBoot } from '../../src/gateway/cluster/engines/engine-link.js';
import { ConnectionIdSource, formatNode } from '../../src/gateway/connection/connection-id.js';
import { textMessage } from '../../src/gateway/connection/message.js';
import { ConnectionRegistry } from '../../src/gateway/connection/registry.js';
import { Delivery } from '../../src/gateway/delivery/delivery.js';
import type { Selector } from '../../src/gateway/tag-index/parse-selector.js';
import { idleSocket } from './idle-socket.js';
import { ManualClock } from './manual-clock.js';
import { MemoryHub, type MemoryEngine } from './memory-engine.js';
import { RecordingLogger } from './recording-logger.js';
import { testEndpoint } from './test-endpoint.js';

const STEP_MS = 10;
/** Turns of the event loop that a message and its answer need. */
const TURNS = 6;

/** The clock of one node, whose timers can be held up. */
class PausableClock implements Clock {
  readonly #clock: Clock;
  #isPaused = false;
  #overdue: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  schedule(task: () => void, delayMs: number): () => void {
    let isCancelled = false;
    const run = (): void => {
      if (isCancelled) return;
      if (this.#isPaused) this.#overdue.push(run);
      else task();
    };
    const cancel = this.#clock.schedule(run, delayMs);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const run of this.#overdue.splice(0)) run();
  }
}

interface FixtureNodeDeps {
  readonly clock: ManualClock;
  readonly engine: MemoryEngine;
  readonly deadlineMs: number;
}

/** One node of a `ClusterFixture`. */
export class FixtureNode {
  readonly log = new RecordingLogger();
  readonly registry: ConnectionRegistry;
  readonly bus: ClusterBus;
  readonly conflicts: WsgError[] = [];
  readonly echoes: number[] = [];
  /** Texts that each connection received, in the order of opening. */
  readonly received: string[][] = [];
  readonly ids: string[] = [];
  state = 'ready';
  closesAfterMs = 0;
  readonly engine: MemoryEngine;
  readonly name: string;
  readonly #clock: PausableClock;

  constructor({ node, boot }: NodeBoot, { clock, engine, deadlineMs }: FixtureNodeDeps) {
    this.engine = engine;
    this.#clock = new PausableClock(clock);
    this.name = formatNode(node);
    this.registry = new ConnectionRegistry(new ConnectionIdSource(node));
    const delivery = new Delivery({ registry: this.registry, clock });
    const inner = new LocalBus({ node: formatNode(node), registry: this.registry, delivery, maxTags: 5 });
    inner.deliverThrough({ publish: () => undefined });
    this.bus = new ClusterBus({
      self: { node, boot },
      inner,
      engine,
      clock: this.#clock,
      log: this.log,
      deadlineMs,
      describe: () => ({
        version: '1.0.0',
        state: this.state,
        connections: this.registry.size,
        workers: 1,
        address: undefined,
        closesAfterMs: this.closesAfterMs,
      }),
      echo: { record: (ms) => this.echoes.push(ms) },
      leasesNumber: false,
      onConflict: (error) => this.conflicts.push(error),
    });
  }

  /** Stands still, as a process that was stopped with a signal. */
  pause(): void {
    this.engine.isHeld = true;
    this.#clock.pause();
  }

  /** Goes on: first the timers that are overdue, then what waits in the sockets. */
  resume(): void {
    this.#clock.resume();
    this.engine.release();
  }

  /** Opens connections; at most 7 with the same tags, which are sent to one by one. */
  open(count: number, tags: Readonly<Record<string, string>> = { room: 'a' }): string[] {
    const endpoint = testEndpoint(tags);
    return Array.from({ length: count }, () => {
      const texts: string[] = [];
      this.received.push(texts);
      const send: typeof idleSocket.send = ({ payload }) => {
        texts.push(Buffer.from(payload).toString());
        return 'sent';
      };
      const { id } = this.registry.open({ ...idleSocket, send }, endpoint);
      this.ids.push(id);
      return id;
    });
  }

  /** Calls before it resolves. */
  send(text: string, selector: Selector = ROOM_A, options: CallOptions = {}): Promise<CallOutcome> {
    return Promise.resolve(this.bus.send(selector, textMessage(text), options));
  }
}

/** The connections with the tag that `open` sets. */
export const ROOM_A: Selector = { kind: 'pairs', pairs: new Map([['room', 'a']]) };

/** Several nodes in this process, on an engine in memory and a clock that the test moves. */
export class ClusterFixture {
  readonly hub = new MemoryHub();
  readonly clock = new ManualClock();
  readonly nodes: FixtureNode[] = [];
  readonly #deadlineMs: number;
  #boots = 1_700_000_000_000;

  constructor(deadlineMs = 1000) {
    this.#deadlineMs = deadlineMs;
  }

  /** Starts nodes with these numbers, one after the other. */
  static async of(numbers: readonly number[], deadlineMs?: number): Promise<ClusterFixture> {
    const cluster = new ClusterFixture(deadlineMs);
    for (const number of numbers) await cluster.join(number);
    return cluster;
  }

  /** Creates a node that has not started. */
  create(number: number, boot?: number): FixtureNode {
    this.#boots += 1000;
    const deps = { clock: this.clock, engine: this.hub.engine(), deadlineMs: this.#deadlineMs };
    const node = new FixtureNode({ node: number, boot: boot ?? this.#boots }, deps);
    onTestFinished(() => node.bus.stop());
    return node;
  }

  /** Starts another node. */
  async join(number: number, boot?: number): Promise<FixtureNode> {
    const node = this.create(number, boot);
    await this.during(node.bus.start());
    this.nodes.push(node);
    await this.turn();
    return node;
  }

  /** Moves the clock until the promise settles. */
  async during<T>(work: T | Promise<T>): Promise<T> {
    let isPending = true;
    const end = () => (isPending = false);
    const watched = Promise.resolve(work);
    watched.then(end, end);
    await this.turn();
    while (isPending) await this.advance(STEP_MS);
    return watched;
  }

  /** Moves the clock in small steps, with the messages of each step delivered. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, left));
      await this.turn();
    }
  }

  /** Delivers what is on its way, without moving the clock. */
  async turn(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
