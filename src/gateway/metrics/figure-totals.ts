import { createDeliveryCounters, type DeliveryCounters } from '../delivery/delivery-counters.js';
import type { DeliveryBacklog } from '../delivery/delivery.js';
import type { MirrorState } from '../mirror/connection-mirror.js';
import { DurationCounts } from './duration-counts.js';
import { GatewayCounters } from './gateway-counters.js';
import type { WorkerFigures } from './worker-figures.js';
import type { WorkerState } from './worker-metrics.js';

const NO_MIRROR: MirrorState = { isUp: true, pending: 0, opensLate: 0, rebuilds: 0, refused: 0 };

/** The figures of this process itself. */
export interface FigureTotalsDeps {
  readonly counters: GatewayCounters;
  readonly sendDurations: DurationCounts;
  readonly droppedLogLines?: (() => number) | undefined;
}

/** The newest figures of a worker. */
interface LastFigures {
  readonly figures: WorkerFigures;
  /** False once it is gone or has not answered. */
  isUp: boolean;
}

/**
 * Figures of all workers and of the supervisor, added up. Counts of workers that are gone stay in
 * the totals, so that no counter ever goes back.
 */
export class FigureTotals {
  readonly counters = new GatewayCounters();
  readonly delivery: DeliveryCounters = createDeliveryCounters();
  readonly sendDurations = new DurationCounts();
  readonly #own: FigureTotalsDeps;
  readonly #last = new Map<number, LastFigures>();
  /** Figures of workers that are gone: only their counts matter. */
  readonly #past: WorkerFigures[] = [];

  constructor(own: FigureTotalsDeps) {
    this.#own = own;
  }

  heard(worker: number, figures: WorkerFigures): void {
    this.#last.set(worker, { figures, isUp: true });
  }

  /** Notes that the worker did not answer; its last figures stay. */
  silent(worker: number): void {
    const last = this.#last.get(worker);
    if (last !== undefined) last.isUp = false;
  }

  gone(worker: number): void {
    const last = this.#last.get(worker);
    if (last !== undefined) this.#past.push(last.figures);
    this.#last.delete(worker);
    if (this.#past.length > 1) this.#past.splice(0, 2, sumOfCounts(this.#past));
  }

  /** Adds everything up, for the next reading. */
  add(): void {
    const { counters, sendDurations } = this.#own;
    clearCounters(this.counters);
    this.sendDurations.clear();
    addCounters(this.counters, counters);
    this.sendDurations.add(sendDurations.counts, sendDurations.sumMs);
    Object.assign(this.delivery, createDeliveryCounters());
    for (const figures of this.#all()) {
      addFigures(this.counters, figures);
      addDelivery(this.delivery, figures.delivery);
      this.sendDurations.add(figures.sends.counts, figures.sends.sumMs);
    }
  }

  backlog(): DeliveryBacklog {
    return {
      connections: this.#sum(({ backlog }) => backlog.connections),
      bytes: this.#sum(({ backlog }) => backlog.bytes),
    };
  }

  get heldBytes(): number {
    return this.#sum(({ heldBytes }) => heldBytes);
  }

  droppedLogLines(): number {
    let lines = this.#own.droppedLogLines?.() ?? 0;
    for (const { droppedLogLines } of this.#all()) lines += droppedLogLines;
    return lines;
  }

  /** State of the mirrors of all workers, together with that of the supervisor. */
  mirror(own: MirrorState): MirrorState {
    const sum = { ...own };
    for (const { figures } of this.#last.values()) {
      const { isUp, pending } = figures.mirror ?? NO_MIRROR;
      sum.isUp &&= isUp;
      sum.pending += pending;
    }
    for (const { mirror } of this.#all()) addMirrorCounts(sum, mirror);
    return sum;
  }

  workers(): WorkerState[] {
    return Array.from(this.#last, ([worker, { figures, isUp }]) => ({
      worker: String(worker),
      isUp,
      connections: figures.connections,
      ...figures.process,
    }));
  }

  *#all(): Generator<WorkerFigures> {
    yield* this.#past;
    for (const { figures } of this.#last.values()) yield figures;
  }

  /** The sum of a figure that ends with its worker. */
  #sum(figure: (figures: WorkerFigures) => number): number {
    let sum = 0;
    for (const { figures } of this.#last.values()) sum += figure(figures);
    return sum;
  }
}

type MirrorCounts = Pick<MirrorState, 'opensLate' | 'rebuilds' | 'refused'>;

function addMirrorCounts(
  to: { -readonly [Name in keyof MirrorCounts]: number },
  from: MirrorCounts | undefined = NO_MIRROR,
): void {
  to.opensLate += from.opensLate;
  to.rebuilds += from.rebuilds;
  to.refused += from.refused;
}

type AddedCounters = Pick<
  GatewayCounters,
  'messagesReceived' | 'messagesRefused' | 'connectionsOpened' | 'connectionsClosed' | 'upgradesRefused'
>;

function addPlain(to: GatewayCounters, from: AddedCounters): void {
  to.messagesReceived += from.messagesReceived;
  to.messagesRefused += from.messagesRefused;
  to.connectionsOpened += from.connectionsOpened;
  to.connectionsClosed += from.connectionsClosed;
  to.upgradesRefused += from.upgradesRefused;
}

function addCounters(to: GatewayCounters, from: GatewayCounters): void {
  addPlain(to, from);
  addCounts(to.refusedByReason, from.refusedByReason);
  addCounts(to.plainRefusedByReason, from.plainRefusedByReason);
  addCounts(to.closedByReason, from.closedByReason);
  to.handshakeDurations.add(from.handshakeDurations.counts, from.handshakeDurations.sumMs);
}

function addFigures(to: GatewayCounters, from: WorkerFigures): void {
  addPlain(to, from.counters);
  addCounts(to.refusedByReason, from.refusedByReason);
  addCounts(to.plainRefusedByReason, from.plainRefusedByReason);
  addCounts(to.closedByReason, from.closedByReason);
  to.handshakeDurations.add(from.handshakes.counts, from.handshakes.sumMs);
}

function addCounts<Name>(to: Map<Name, number>, from: Iterable<readonly [Name, number]>): void {
  for (const [name, figure] of from) to.set(name, (to.get(name) ?? 0) + figure);
}

function addDelivery(to: DeliveryCounters, from: WorkerFigures['delivery']): void {
  to.messagesSent += from.messagesSent;
  to.messagesUnsent += from.messagesUnsent;
  to.slowClosed += from.slowClosed;
  to.closeIgnored += from.closeIgnored;
  to.congestions += from.congestions;
  to.dropped.close += from.dropped.close;
  to.dropped['drop-oldest'] += from.dropped['drop-oldest'];
  to.dropped['drop-newest'] += from.dropped['drop-newest'];
}

function clearCounters(counters: GatewayCounters): void {
  counters.messagesReceived = 0;
  counters.messagesRefused = 0;
  counters.connectionsOpened = 0;
  counters.connectionsClosed = 0;
  counters.upgradesRefused = 0;
  counters.refusedByReason.clear();
  counters.plainRefusedByReason.clear();
  counters.closedByReason.clear();
  counters.handshakeDurations.clear();
}

/** One set of figures with the counts of all. */
function sumOfCounts(all: readonly WorkerFigures[]): WorkerFigures {
  const [counters, delivery, sends] = [new GatewayCounters(), createDeliveryCounters(), new DurationCounts()];
  const mirror = { ...NO_MIRROR };
  let droppedLogLines = 0;
  for (const figures of all) {
    addFigures(counters, figures);
    addDelivery(delivery, figures.delivery);
    sends.add(figures.sends.counts, figures.sends.sumMs);
    droppedLogLines += figures.droppedLogLines;
    addMirrorCounts(mirror, figures.mirror);
  }
  const { handshakeDurations, refusedByReason, plainRefusedByReason, closedByReason, ...plain } = counters;
  return {
    counters: plain,
    refusedByReason: [...refusedByReason],
    plainRefusedByReason: [...plainRefusedByReason],
    closedByReason: [...closedByReason],
    handshakes: { counts: [...handshakeDurations.counts], sumMs: handshakeDurations.sumMs },
    sends: { counts: [...sends.counts], sumMs: sends.sumMs },
    delivery,
    backlog: { connections: 0, bytes: 0 },
    mirror,
    connections: 0,
    heldBytes: 0,
    droppedLogLines,
    process: { cpuS: 0, rssBytes: 0, loopLagS: 0 },
  };
}
