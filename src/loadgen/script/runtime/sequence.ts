import { box, unbox } from './box.js';
import type { Guard } from './guard.js';

/** A call of a native method whose callback may block. */
export interface SequenceCall {
  readonly guard: Guard;
  readonly receiver: unknown;
  readonly args: readonly unknown[];
}

type Sequence = (call: SequenceCall) => Promise<unknown>;
/** Calls the callback, awaits it, and returns its result; a promise in the result is boxed. */
type Visit = (...args: unknown[]) => Promise<unknown>;

/** Native array methods that call a callback and can await it. */
const LIST_METHODS: Readonly<Record<string, Sequence>> = {
  forEach: (call) => walk(call, () => false).then(() => undefined),
  map: async (call) => {
    const mapped: unknown[] = [];
    const list = listOf(call);
    mapped.length = list.length;
    await walk(call, (value, index) => {
      mapped[index] = value;
      return false;
    });
    return mapped;
  },
  flatMap: async (call) => {
    const parts: unknown[] = [];
    await walk(call, (value) => {
      parts.push(value);
      return false;
    });
    return parts.flat();
  },
  filter: async (call) => {
    const kept: unknown[] = [];
    await walk(call, (value, _index, item) => {
      if (truthy(value)) kept.push(item);
      return false;
    });
    return kept;
  },
  some: async (call) => (await walk(call, (value) => truthy(value))) !== undefined,
  every: async (call) => (await walk(call, (value) => !truthy(value))) === undefined,
  find: async (call) => box((await search(call, 1))?.item),
  findIndex: async (call) => (await search(call, 1))?.index ?? -1,
  findLast: async (call) => box((await search(call, -1))?.item),
  findLastIndex: async (call) => (await search(call, -1))?.index ?? -1,
  reduce: (call) => fold(call, 1),
  reduceRight: (call) => fold(call, -1),
};

/**
 * Returns the sequential form of a native method of arrays, maps and sets, and of `Array.from`;
 * undefined for anything else.
 */
export function sequenceFor(receiver: unknown, name: string): Sequence | undefined {
  if (Array.isArray(receiver)) return isNativeMethod(receiver, name) ? LIST_METHODS[name] : undefined;
  if (isTypedArray(receiver)) return isListMethod(name) ? typedSequence(receiver, name) : undefined;
  if (receiver === Array && name === 'from') return arrayFrom;
  const isKeyed = receiver instanceof Map || receiver instanceof Set;
  return isKeyed && name === 'forEach' ? forEachEntry : undefined;
}

/** Whether the array has the native method and not one that the script defined. */
function isNativeMethod(list: readonly unknown[], name: string): boolean {
  return isListMethod(name) && Reflect.get(list, name) === Reflect.get(Array.prototype, name);
}

function isListMethod(name: string): boolean {
  return Object.hasOwn(LIST_METHODS, name);
}

function isTypedArray(value: unknown): value is ArrayLike<unknown> & object {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Visits a copy of a typed array. The result of `map` and `filter` has the same type. */
function typedSequence(receiver: ArrayLike<unknown> & object, name: string): Sequence {
  return async (call) => {
    const result = await LIST_METHODS[name]?.({ ...call, receiver: Array.from(receiver) });
    return name === 'map' || name === 'filter' ? Reflect.construct(receiver.constructor, [result]) : result;
  };
}

/** Calls as compiled code does, awaiting only if necessary. A promise of the script is boxed. */
export async function invoke(guard: Guard, call: () => unknown): Promise<unknown> {
  guard.waits = false;
  const kept = await guard.keep(call());
  guard.waits = false;
  guard.pass();
  return kept;
}

function listOf({ receiver }: SequenceCall): readonly unknown[] {
  return Array.isArray(receiver) ? receiver : [];
}

function callbackOf({ guard, args }: SequenceCall): Visit {
  const [callback, self] = args;
  if (typeof callback !== 'function') throw new TypeError(`${describe(callback)} is not a function`);
  return (...visited) => invoke(guard, () => Reflect.apply(callback, self, visited));
}

/** Visits existing elements in order. Ends early with the index when `isDone` returns true. */
async function walk(
  call: SequenceCall,
  isDone: (value: unknown, index: number, item: unknown) => boolean,
): Promise<number | undefined> {
  const visit = callbackOf(call);
  const list = listOf(call);
  const { length } = list;
  for (let index = 0; index < length; index++) {
    if (!(index in list)) continue;
    const item = list[index];
    if (isDone(unbox(await visit(item, index, list)), index, item)) return index;
  }
  return undefined;
}

/** Unlike `walk`, also visits holes, as `find` does. */
async function search(call: SequenceCall, step: 1 | -1): Promise<{ index: number; item: unknown } | undefined> {
  const visit = callbackOf(call);
  const list = listOf(call);
  const { length } = list;
  for (let index = step === 1 ? 0 : length - 1; index >= 0 && index < length; index += step) {
    const item = list[index];
    if (truthy(unbox(await visit(item, index, list)))) return { index, item };
  }
  return undefined;
}

async function fold(call: SequenceCall, step: 1 | -1): Promise<unknown> {
  const [callback] = call.args;
  if (typeof callback !== 'function') throw new TypeError(`${describe(callback)} is not a function`);
  const list = listOf(call);
  const { length } = list;
  let index = step === 1 ? 0 : length - 1;
  let folded: unknown;
  let hasStarted = call.args.length > 1;
  if (hasStarted) folded = call.args[1];
  for (; index >= 0 && index < length; index += step) {
    if (!(index in list)) continue;
    if (hasStarted) {
      const before = folded;
      const at = index;
      folded = unbox(await invoke(call.guard, () => Reflect.apply(callback, undefined, [before, list[at], at, list])));
    } else {
      folded = list[index];
      hasStarted = true;
    }
  }
  if (!hasStarted) throw new TypeError('Reduce of empty array with no initial value');
  return box(folded);
}

async function forEachEntry(call: SequenceCall): Promise<undefined> {
  const visit = callbackOf(call);
  const { receiver } = call;
  if (receiver instanceof Map) for (const [key, value] of receiver) await visit(value, key, receiver);
  if (receiver instanceof Set) for (const value of receiver) await visit(value, value, receiver);
  return undefined;
}

async function arrayFrom({ guard, args }: SequenceCall): Promise<unknown> {
  const [source, callback, self] = args;
  if (typeof callback !== 'function') throw new TypeError(`${describe(callback)} is not a function`);
  const items: unknown[] = [];
  for (const [index, item] of arrayOf(source).entries()) {
    items.push(unbox(await invoke(guard, () => Reflect.apply(callback, self, [item, index]))));
  }
  return items;
}

function arrayOf(source: unknown): unknown[] {
  const list: unknown = Reflect.apply(Array.from, Array, [source]);
  return Array.isArray(list) ? list : [];
}

function truthy(value: unknown): boolean {
  return Boolean(value);
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? '#<Object>' : String(value);
}
