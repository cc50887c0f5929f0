export interface CaseResult {
  readonly id: string;
  readonly behavior: string;
  readonly behaviorClose: string;
  readonly detail: string;
}
export function behaviourOf(result: CaseResult): string;
export function countBehaviours(results: readonly CaseResult[]): Readonly<Record<string, number>>;
export function formatResults(results: readonly CaseResult[]): string;
