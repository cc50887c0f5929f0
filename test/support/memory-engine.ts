import type { Engine, EngineListener, EngineTarget } from '../../src/gateway/cluster/engine.js';

/** One message on its way to one node. */
interface Delivery {
  readonly engine: MemoryEngine;
  readonly bytes: Uint8Array;
}

/** What happens to one message on its way to one node; the default is `pass`. */
export type Fate = 'pass' | 'lose' | 'repeat' | 'delay';

/**
 * An engine of a whole cluster in this process. Messages of one sender keep their order, unless
 * `fate` loses or repeats them; a delayed message holds up those behind it.
 */
export class MemoryHub {
  /** Decides on each message to each node. */
  fate: (message: { readonly target: EngineTarget; readonly from: number; readonly to: number }) => Fate = () => 'pass';
  messages = 0;
  readonly #engines = new Set<MemoryEngine>();
  /** Messages on their way, by sender and receiver. */
  readonly #ways = new Map<string, Delivery[]>();
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
      const fate = this.fate({ target, from: from.node, to: to.node });
      if (fate === 'lose' || to.isDeaf) continue;
      const key = `${from.node} ${to.node}`;
      const way = this.#ways.get(key) ?? [];
      this.#ways.set(key, way);
      const copies = fate === 'repeat' ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) way.push({ engine: to, bytes: Uint8Array.from(bytes) });
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#run());
  }

  /** Delivers one message of each way, or holds the way up for a turn. */
  #run(): void {
    this.#isRunning = false;
    for (const way of this.#ways.values()) this.#deliver(way);
    if ([...this.#ways.values()].some((way) => way.length > 0)) this.#schedule();
  }

  #deliver(way: Delivery[]): void {
    const count = way.length;
    for (let index = 0; index < count; index += 1) {
      const [next] = way;
      if (next === undefined) return;
      if (this.fate({ target: { to: 'all' }, from: -1, to: next.engine.node }) === 'delay') return;
      way.shift();
      next.engine.deliver(next.bytes);
    }
  }
}

/** One node's connection to a `MemoryHub`. */
export class MemoryEngine implements Engine {
  readonly kind = 'nats';
  maxMessageBytes = 1024 * 1024;
  isUp = false;
  /** Receives nothing, although it is up: the way from the engine to the node is cut. */
  isDeaf = false;
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
    this.restore();
  }

  listensTo(target: EngineTarget): boolean {
    if (!this.isUp) return false;
    const { node, boot } = this.#self;
    if (target.to === 'node') return target.node === node;
    return target.to !== 'inbox' || (target.node === node && target.boot === boot);
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
