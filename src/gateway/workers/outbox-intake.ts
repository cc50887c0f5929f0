import type { Logger } from '../../core/logger.js';
import { formatWorker } from './link-frames.js';
import type { Outbox } from '../outbox/outbox.js';
import type { FrameLink } from './frame-link.js';
import { WorkerIntake } from './worker-intake.js';
import type { WorkersGate } from './workers-gate.js';

/** Is notified of what the intake does for workers that are gone. */
export interface IntakeObserver {
  /**
   * Called for the close event of a connection whose worker is gone, with the event's sequence in
   * the outbox.
   */
  closed?(connection: string, sequence: number): void;
  /** Called once all events of a worker that is gone are in the outbox. */
  gone?(worker: number, closes: number): void;
}

export interface OutboxIntakeDeps {
  /** The outbox of the node. Its gate must be `gate`. */
  readonly outbox: Outbox;
  readonly gate: WorkersGate;
  /** Whether the transport of the workers can pause clients. Default: true. */
  readonly canPause?: boolean;
  /** Bytes of events that each worker may have under way: `underWayBytes`. */
  readonly spareBytes: number;
  /** The node as in event ids. */
  readonly node: string;
  readonly log: Logger;
  readonly observer?: IntakeObserver;
}

/**
 * Appends the events of workers to the outbox of the node, in the order of each worker. Knows the
 * open connections of each: those of a worker that is gone are closed with `worker_crashed`, after
 * everything that it left in its link.
 */
export class OutboxIntake {
  readonly #deps: OutboxIntakeDeps;
  readonly #intakes = new Set<WorkerIntake>();
  #isReleasing = false;

  constructor(deps: OutboxIntakeDeps) {
    const { outbox } = deps;
    this.#deps = deps;
    outbox.onFullChange(() => {
      for (const intake of this.#intakes) intake.fullChanged();
    });
    outbox.onRoom(() => this.#release());
    outbox.onDelivered((through) => {
      for (const intake of this.#intakes) intake.deliveredThrough(through);
    });
  }

  /** Takes the events of a worker from now on. Call it before anything of the link was read. */
  attach(link: FrameLink): void {
    const { outbox, gate, canPause = true, spareBytes, node, log, observer } = this.#deps;
    const { worker } = link;
    const intake = new WorkerIntake({
      link,
      outbox,
      canPause,
      spareBytes,
      onHeldFrom: (heldFrom) => gate.set(worker, heldFrom),
      onClosed: (connection, sequence) => observer?.closed?.(connection, sequence),
      onSettled: (closes) => {
        this.#intakes.delete(intake);
        if (closes > 0) log.warn('worker.connections-closed', { worker: formatWorker(node, worker), closes });
        observer?.gone?.(worker, closes);
      },
    });
    this.#intakes.add(intake);
    intake.start();
  }

  /** Number of connections whose open event was taken and whose close event was not. */
  get connections(): number {
    let connections = 0;
    for (const intake of this.#intakes) connections += intake.connections;
    return connections;
  }

  /** Whether the connection is open in some worker. */
  has(connection: string): boolean {
    for (const intake of this.#intakes) if (intake.has(connection)) return true;
    return false;
  }

  /** Number of workers whose events are not all in the outbox yet, of those that are gone. */
  get leaving(): number {
    let leaving = 0;
    for (const { isGone } of this.#intakes) leaving += Number(isGone);
    return leaving;
  }

  /** Appends what had to wait for room. Appending may free room, and so call this again. */
  #release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    try {
      for (const intake of this.#intakes) intake.release();
      for (const intake of this.#intakes) intake.goOn();
    } finally {
      this.#isReleasing = false;
    }
  }
}
