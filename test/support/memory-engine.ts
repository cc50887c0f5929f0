import type { Engine, EngineListener, EngineTarget } from '../../src/gateway/cluster/engine.js';

/** One message on its way to one node. */
interface Delivery {
  readonly engine: MemoryEngine;
  readonly bytes: Uint8Array;
}

/** Messages from one node to another. */
interface Way {
  readonly from: number;
  readonly to: number;
  readonly deliveries: Delivery[];
}

/** One message on its way from one node to another. */
export interface HubMessage {
  readonly target: EngineTarget;
  readonly from: number;
  readonly to: number;
}

/**
 * An engine of a whole cluster in this process. Messages of one sender keep their order; faults may
 * lose, repeat or hold them up.
 */
export class MemoryHub {
  /** How often a message arrives; the default is once. */
  copies: (message: HubMessage) => number = () => 1;
  /** Whether a way is held up for a turn of the event loop. */
  holds: (from: number, to: number) => boolean = () => false;
  messages = 0;
  readonly #engines = new Set<MemoryEngine>();
  /** Messages on their way, by sender and receiver. */
  readonly #ways = new Map<string, Way>();
  #isRunning = false;

  engine(): MemoryEngine {
    return new MemoryEngine(this);
  }

  attach(engine: MemoryEngine): void {
    this.#engines.add(engine);
  }

  detach(engine: MemoryEngine): void {
    this.#engines.delete(engine);
  }

  publish(from: MemoryEngine, target: EngineTarget, bytes: Uint8Array): void {
    this.messages += 1;
    for (const to of this.#engines) {
      if (!to.listensTo(target)) continue;
      if (to.isDeaf || from.isMute) continue;
      const key = `${from.node} ${to.node}`;
      const way = this.#ways.get(key) ?? { from: from.node, to: to.node, deliveries: [] };
      this.#ways.set(key, way);
      const copies = this.copies({ target, from: from.node, to: to.node });
      for (let copy = 0; copy < copies; copy += 1) way.deliveries.push({ engine: to, bytes: Uint8Array.from(bytes) });
    }
    this.#schedule();
  }

  /** Delivers what was held. */
  wake(): void {
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isRunning = false;
    for (const { from, to, deliveries } of this.#ways.values()) {
      if (this.holds(from, to)) continue;
      const [first] = deliveries;
      if (first?.engine.isHeld === true) continue;
      for (const { engine, bytes } of deliveries.splice(0)) engine.deliver(bytes);
    }
    if ([...this.#ways.values()].some(({ deliveries }) => deliveries[0]?.engine.isHeld === false)) this.#schedule();
  }
}

/** One node's connection to a `MemoryHub`. */
export class MemoryEngine implements Engine {
  readonly kind = 'nats';
  readonly refused: ReadonlyMap<string, number> = new Map();
  maxMessageBytes = 1024 * 1024;
  isUp = false;
  /** Receives nothing, although it is up: the way from the engine to the node is cut. */
  isDeaf = false;
  /** Everything that it sends is lost, although it is up. */
  isMute = false;
  /** Cannot be reached. */
  isAway = false;
  /** Its process stands still: messages wait. */
  isHeld = false;
  /** Number of calls of `reconnect`. */
  reconnects = 0;
  readonly #hub: MemoryHub;
  #self = { node: -1, boot: 0 };
  #listener: EngineListener | undefined;

  constructor(hub: MemoryHub) {
    this.#hub = hub;
  }

  get node(): number {
    return this.#self.node;
  }

  async start(self: { readonly node: number; readonly boot: number }, listener: EngineListener): Promise<void> {
    this.#self = self;
    this.#listener = listener;
    this.#hub.attach(this);
    if (!this.isAway) this.restore();
  }

  listensTo(target: EngineTarget): boolean {
    if (!this.isUp) return false;
    const { node, boot } = this.#self;
    if (target.to === 'node') return target.node === node;
    return target.to !== 'inbox' || (target.node === node && target.boot === boot);
  }

  /** The process goes on. */
  release(): void {
    this.isHeld = false;
    this.#hub.wake();
  }

  deliver(bytes: Uint8Array): void {
    if (this.isUp) this.#listener?.received(bytes);
  }

  publish(target: EngineTarget, bytes: Uint8Array): boolean {
    if (bytes.length > this.maxMessageBytes) throw new Error(`${bytes.length} bytes`);
    if (this.isUp) this.#hub.publish(this, target, bytes);
    return this.isUp;
  }

  reconnect(reason: string): void {
    this.reconnects += 1;
    this.cut(reason);
    this.restore();
  }

  /** Loses the connection. */
  cut(reason = 'cut'): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.#listener?.down(reason);
  }

  /** Connects again. */
  restore(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.#listener?.up();
  }

  /** The process is killed: nothing more comes from it. */
  kill(): void {
    this.isUp = false;
    this.#hub.detach(this);
  }

  async stop(): Promise<void> {
    this.kill();
  }
}
