import type { Histogram } from '../../src/core/histogram/histogram.js';

interface Delayed {
  readonly url: string;
  /** Since the last call: milliseconds. */
  readonly delays: () => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
}

interface EchoRun {
  readonly response: Histogram;
  readonly delays: readonly number[] | undefined;
  readonly verdict: 'healthy' | 'strained' | 'saturated';
}

export function startDelayed(delay: { readonly medianMs: number; readonly sigma: number }): Promise<Delayed>;

export function runEcho(
  url: string,
  load: { readonly rate: number; readonly vus: number; readonly seconds: number },
  middle?: () => Promise<unknown>,
): Promise<EchoRun>;

export function compare(
  measured: Histogram,
  delays: readonly number[],
  floor: Histogram,
): readonly { readonly quantile: number; readonly truthMs: number; readonly measuredMs: number }[];
