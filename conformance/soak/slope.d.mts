export interface Sample {
  readonly at: number;
  readonly value: number;
}
export interface SlopeEstimate {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}
export function windowMinima(samples: readonly Sample[], windowLength: number): Sample[];
export function estimateSlope(samples: readonly Sample[]): SlopeEstimate | undefined;
