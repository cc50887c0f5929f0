import type { VuContext } from '../runtime/vu-context.js';
import { onlyInInit, wrongType, freezeDeep, isFunction } from '../runtime/values.js';

/** The module `k6/data` of one virtual user. */
export function createDataModule(vu: VuContext): object {
  // A class only because scripts call it with `new`. It returns the array itself.
  const SharedArray = function (name: unknown, create: unknown): unknown {
    if (!vu.isInit) throw onlyInInit('SharedArray');
    if (typeof name !== 'string' || name === '')
      throw new TypeError("empty name provided to SharedArray's constructor");
    if (!isFunction(create)) throw wrongType('SharedArray', create, 'a function that returns an array');
    const { sharedArrays } = vu.thread;
    let rows = sharedArrays.get(name);
    if (rows === undefined) {
      rows = rowsOf(Reflect.apply(create, undefined, []));
      sharedArrays.set(name, rows);
    }
    return shareRows(rows);
  };
  return { SharedArray };
}

function rowsOf(list: unknown): readonly string[] {
  if (!Array.isArray(list)) throw new TypeError('only arrays can be made into SharedArray');
  return list.map((row: unknown) => JSON.stringify(row) ?? 'null');
}

/**
 * Returns an array of rows that all virtual users of the thread share. Each access returns a frozen
 * copy.
 */
function shareRows(rows: readonly string[]): readonly unknown[] {
  const refuse = (): never => {
    throw new TypeError('SharedArray is immutable');
  };
  const rowAt = (key: string | symbol): unknown => {
    const row = typeof key === 'string' && INDEX.test(key) ? rows[Number(key)] : undefined;
    return row === undefined ? undefined : freezeDeep(JSON.parse(row));
  };
  const isRow = (key: string | symbol): boolean =>
    typeof key === 'string' && INDEX.test(key) && Number(key) < rows.length;
  const empty: unknown[] = [];
  return new Proxy(empty, {
    get: (target, key, receiver): unknown => {
      if (key === 'length') return rows.length;
      return isRow(key) ? rowAt(key) : Reflect.get(target, key, receiver);
    },
    has: (target, key) => isRow(key) || Reflect.has(target, key),
    ownKeys: () => [...rows.map((_, index) => String(index)), 'length'],
    getOwnPropertyDescriptor: (target, key) => {
      if (isRow(key)) return { value: rowAt(key), writable: false, enumerable: true, configurable: true };
      const own = Reflect.getOwnPropertyDescriptor(target, key);
      return key === 'length' ? { ...own, value: rows.length } : own;
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
  });
}

const INDEX = /^(0|[1-9]\d*)$/;
