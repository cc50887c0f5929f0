import { z } from 'zod';
import { CLOSE_REASONS, type CloseReasonName } from '../close-reason.js';
import type { DeliveryBacklog } from '../delivery/delivery.js';
import type { DeliveryCounters } from '../delivery/delivery-counters.js';
import type { MirrorState } from '../mirror/connection-mirror.js';
import type { DurationCounts } from './duration-counts.js';
import { UPGRADE_REFUSALS, type GatewayCounters } from './gateway-counters.js';

const count = z.number();
const durations = z.object({ counts: z.array(count), sumMs: count });
const closeReason = z.custom<CloseReasonName>((name) => typeof name === 'string' && Object.hasOwn(CLOSE_REASONS, name));
const mirrorState = z.object({ isUp: z.boolean(), pending: count, opensLate: count, rebuilds: count, refused: count });

const figures = z.object({
  counters: z.object({
    messagesReceived: count,
    messagesRefused: count,
    connectionsOpened: count,
    connectionsClosed: count,
    upgradesRefused: count,
  }),
  refusedByReason: z.array(z.tuple([z.enum(UPGRADE_REFUSALS), count])),
  plainRefusedByReason: z.array(z.tuple([z.string(), count])),
  closedByReason: z.array(z.tuple([closeReason, count])),
  handshakes: durations,
  sends: durations,
  delivery: z.object({
    messagesSent: count,
    messagesUnsent: count,
    slowClosed: count,
    closeIgnored: count,
    congestions: count,
    dropped: z.object({ close: count, 'drop-oldest': count, 'drop-newest': count }),
  }),
  backlog: z.object({ connections: count, bytes: count }),
  mirror: mirrorState.optional(),
  connections: count,
  heldBytes: count,
  droppedLogLines: count,
  process: z.object({ cpuS: count, rssBytes: count, loopLagS: count }),
});

/** The figures of a worker, as they travel to the supervisor. */
export type WorkerFigures = z.infer<typeof figures>;

/** Sources of a worker's figures. */
export interface WorkerFiguresDeps {
  readonly counters: GatewayCounters;
  readonly delivery: DeliveryCounters;
  readonly backlog: () => DeliveryBacklog;
  readonly connections: () => number;
  /** Bytes of messages that wait in the worker for room in the outbox. */
  readonly heldBytes: () => number;
  readonly sendDurations: DurationCounts;
  readonly mirror?: (() => MirrorState) | undefined;
  readonly droppedLogLines?: (() => number) | undefined;
}

const US_PER_S = 1_000_000;
const MS_PER_S = 1_000;

/** The figures of this process now. `lagMs`: how late its last timer fired. */
export function readWorkerFigures(deps: WorkerFiguresDeps, lagMs: number): WorkerFigures {
  const { counters, delivery, backlog, connections, heldBytes, sendDurations, mirror, droppedLogLines } = deps;
  const { messagesReceived, messagesRefused, connectionsOpened, connectionsClosed, upgradesRefused } = counters;
  const { user, system } = process.cpuUsage();
  return {
    counters: { messagesReceived, messagesRefused, connectionsOpened, connectionsClosed, upgradesRefused },
    refusedByReason: [...counters.refusedByReason],
    plainRefusedByReason: [...counters.plainRefusedByReason],
    closedByReason: [...counters.closedByReason],
    handshakes: durationsOf(counters.handshakeDurations),
    sends: durationsOf(sendDurations),
    delivery: { ...delivery, dropped: { ...delivery.dropped } },
    backlog: backlog(),
    mirror: mirror?.(),
    connections: connections(),
    heldBytes: heldBytes(),
    droppedLogLines: droppedLogLines?.() ?? 0,
    process: {
      cpuS: (user + system) / US_PER_S,
      rssBytes: process.memoryUsage.rss(),
      loopLagS: lagMs / MS_PER_S,
    },
  };
}

/** Reads figures of a worker; undefined for anything else. */
export function parseWorkerFigures(given: unknown): WorkerFigures | undefined {
  return figures.safeParse(given).data;
}

function durationsOf({ counts, sumMs }: DurationCounts): { counts: number[]; sumMs: number } {
  return { counts: [...counts], sumMs };
}
