import type { Cell } from './cell.js';
import type { Call, Flow } from './flow.js';

/** How a call through native code may wait. */
export interface Effect {
  /** `blocks`: it waits itself. `callback`: its callback is waited for. The others need another form, or cannot be. */
  readonly kind: 'blocks' | 'callback' | 'sequence' | 'promise' | 'job' | 'cannot-wait';
  readonly name: string;
  readonly callbacks: Cell | undefined;
}

/** The name of an effect of a library that was not looked into. */
export const LIBRARY = 'library';

/** What a call of native code does to the flow. */
export type NativeModel = (flow: Flow, call: Call) => void;

/** Notes how the call may wait. */
export function addEffect(call: Call, kind: Effect['kind'], name: string, callbacks?: Cell): void {
  call.site?.effects.push({ kind, name, callbacks });
}
