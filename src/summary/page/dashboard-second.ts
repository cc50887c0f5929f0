import { formatShare, formatTime } from '../terminal/format-value.js';
import { livePoint, type LivePoint, type RunSnapshot } from '../live/run-snapshot.js';

/** One chart's values of a second, by the names of its lines. */
export interface DashboardChart {
  readonly group: 'load' | 'rates' | 'response times' | 'shares' | 'generator';
  readonly title: string;
  readonly lines: Readonly<Record<string, number>>;
}

/** Data of a second for the page, as JSON. */
export interface DashboardSecond {
  /** Since the start of the run. */
  readonly seconds: number;
  readonly charts: readonly DashboardChart[];
  readonly thresholds: readonly { readonly text: string; readonly ok: boolean }[];
  readonly health: { readonly verdict: string; readonly text: string };
  /** Result of the checks since the start; empty without checks. */
  readonly checks: string;
  /** Reason why the run ended, once it did. */
  readonly end?: string;
}

/** Converts a snapshot for the page. */
export function dashboardSecond(snapshot: RunSnapshot): DashboardSecond {
  const { second, health, thresholds, end, totals } = snapshot;
  const { passes, fails } = totals.rates['checks'] ?? { passes: 0, fails: 0 };
  return {
    seconds: second.elapsedMs / 1000,
    charts: end === undefined ? chartsOf(livePoint(snapshot), snapshot) : [],
    thresholds: thresholds.map(({ series, expression, ok }) => ({ text: `${series} ${expression}`, ok })),
    health: {
      verdict: end?.health.verdict ?? health.verdict,
      text: `event loop ${Math.round(health.eventLoopUse * 100)}%, schedule lag p99 ${formatTime(health.scheduleLag.p99)}`,
    },
    checks: passes + fails === 0 ? '' : `${formatShare(passes / (passes + fails))} passed, ${fails} failed`,
    ...(end !== undefined && { end: end.reason }),
  };
}

function chartsOf({ vus, rates, shares, latencies }: LivePoint, { health }: RunSnapshot): DashboardChart[] {
  const charts: DashboardChart[] = [{ group: 'load', title: 'virtual users', lines: { vus } }];
  for (const [title, rate] of rates) {
    charts.push({
      group: 'rates',
      title: `${title} (${title.startsWith('data_') ? 'bytes/s' : '1/s'})`,
      lines: { rate },
    });
  }
  for (const [title, { p50, p90, p99, max }] of latencies) {
    charts.push({ group: 'response times', title: `${title} (ms)`, lines: { p50, p90, p99, max } });
  }
  for (const [title, share] of shares) {
    charts.push({ group: 'shares', title: `${title} (failed, %)`, lines: { failed: (1 - share) * 100 } });
  }
  const busy = health.eventLoopUse * 100;
  charts.push({ group: 'generator', title: 'event loop (%)', lines: { busy } });
  charts.push({ group: 'generator', title: 'schedule lag (ms)', lines: { p99: health.scheduleLag.p99 } });
  return charts;
}
