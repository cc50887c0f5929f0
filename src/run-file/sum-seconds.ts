import { addByName, addCounts, addGauges, addRates, addTrends } from './add-figures.js';
import { judgeRun } from './judge-health.js';
import type {
  CheckFigures,
  GatewayRecord,
  GatewayTotals,
  GaugeFigures,
  HealthRecord,
  RateFigures,
  SecondRecord,
  TrendFigures,
} from './records.js';
import type { EndPayload } from './record-schemas.js';

/** Adds up seconds one after the other, so that those of a day are never in memory at once. */
export class SecondsSum {
  #seconds = 0;
  #elapsedMs = 0;
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, GaugeFigures>();
  readonly #rates = new Map<string, RateFigures>();
  readonly #trends = new Map<string, TrendFigures>();
  readonly #checks = new Map<string, CheckFigures>();

  get seconds(): number {
    return this.#seconds;
  }

  add({ elapsedMs, counters, gauges, rates, trends, checks }: SecondRecord): void {
    this.#seconds += 1;
    this.#elapsedMs = elapsedMs;
    addByName(this.#counters, counters, addCounts);
    addByName(this.#gauges, gauges, addGauges);
    addByName(this.#rates, rates, addRates);
    addByName(this.#trends, trends, addTrends);
    const byPath = Object.fromEntries(checks.map((check) => [`${check.group}::${check.name}`, check]));
    addByName(this.#checks, byPath, (left, right) => ({ ...left, ...addRates(left, right) }));
  }

  /** The sums so far. */
  get figures(): Omit<EndPayload['totals'], 'iterations'> {
    return {
      durationMs: this.#elapsedMs,
      counters: Object.fromEntries(this.#counters),
      gauges: Object.fromEntries(this.#gauges),
      rates: Object.fromEntries(this.#rates),
      trends: Object.fromEntries(this.#trends),
      checks: [...this.#checks.values()],
    };
  }

  /**
   * Makes the end record of a truncated run. Iterations in progress at that moment do not count.
   */
  end(health: readonly HealthRecord[], gateway: readonly GatewayRecord[]): EndPayload {
    return {
      reason: 'failed',
      detail: `the run file is truncated after ${this.#seconds} s: the totals are the sum of the seconds before`,
      totals: { ...this.figures, iterations: { complete: this.#counters.get('iterations') ?? 0, interrupted: 0 } },
      health: judgeRun(health),
      ...(gateway.length > 0 ? { gateway: sumGateway(gateway) } : {}),
    };
  }
}

function sumGateway(gateway: readonly GatewayRecord[]): GatewayTotals {
  let sent = 0;
  let received = 0;
  let dropped = 0;
  for (const record of gateway) {
    sent += record.sent;
    received += record.received;
    dropped += record.dropped;
  }
  return { sent, received, dropped };
}
