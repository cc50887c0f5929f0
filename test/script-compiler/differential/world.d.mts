export class World {
  readonly lines: string[];
  nowMs: number;
  log(...parts: unknown[]): void;
  later(ms: number, run: () => unknown): number;
  cancel(id: number): void;
  next(): { run: (this: void, ...args: unknown[]) => unknown } | undefined;
}
export function text(value: unknown): string;
export function response(url: unknown): object;
type Call = [(this: unknown, ...args: unknown[]) => unknown, unknown[]];
export function socketOf(world: World, url: unknown): { socket: object; calls: () => Iterable<Call> };
