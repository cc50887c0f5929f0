export interface Agreement {
  /** Why nothing was compared. */
  readonly skipped?: string;
  readonly failed?: boolean;
  readonly rows?: readonly Readonly<Record<string, string | number>>[];
}

export function measure(only?: string): Promise<Agreement>;
