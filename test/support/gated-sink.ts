import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../src/gateway/sinks/event-sink.js';

/** A sink that takes events only while it is open. */
export class GatedSink implements EventSink {
  readonly name = 'gated';
  /** Every event taken, in order. */
  readonly taken: GatewayEvent[] = [];
  #isOpen = true;
  #waiters: (() => void)[] = [];

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (!this.#isOpen) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    this.taken.push(...batch);
    return { settled: batch.length, refused: [] };
  }

  async stop(): Promise<void> {
    this.open();
  }

  close(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Texts of the messages taken, of one connection or of all. */
  texts(connection?: string): string[] {
    return this.taken
      .filter((event) => event.action === 'message' && (connection === undefined || event.connection === connection))
      .map(({ message = new Uint8Array(0) }) => Buffer.from(message).toString());
  }

  /** Actions of the events of one connection, each with its reason. */
  story(connection: string): string[] {
    return this.taken
      .filter((event) => event.connection === connection)
      .map(({ action, reason }) => (reason === undefined ? action : `${action} ${reason}`));
  }
}
