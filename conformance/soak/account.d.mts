export interface BackendEvent {
  readonly action: string;
  readonly connection: string;
  readonly message?: string;
}
export class Account {
  readonly totals: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly faultCount: number;
  readonly unsettled: number;
  sessionStarted(name: string): void;
  sessionEnded(name: string, written: number, isClean: boolean): void;
  event(event: BackendEvent, id: string): void;
  finish(): void;
}
