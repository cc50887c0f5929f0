import {
  endOfString,
  nextValue,
  stringText,
  UNCLOSED,
  beginsValue,
  endOfValue,
  isNestedAt,
  valueBetween,
} from './json-scan.js';
import { MISSING, stringValue, exists, jsonValue, numberValue, type JsonValue } from './json-value.js';
import type { ArrayStep, Query } from './array-step.js';
import type { ObjectStep } from './object-step.js';
import type { PathSteps } from './path-steps.js';
import { meetsQuery } from './query-match.js';

/** A member of an object, or an element of an array (without a key). */
export interface JsonMember {
  readonly key: JsonValue;
  readonly value: JsonValue;
}

/** Yields the members of an object or array in order. Any other value yields itself. */
export function* membersOf(value: JsonValue): Generator<JsonMember> {
  if (value.kind !== 'json') {
    if (value.raw !== '') yield { key: MISSING, value };
    return;
  }
  const json = value.raw;
  const isObject = json.startsWith('{');
  // Skips one character after each value: the comma, if the JSON is valid.
  for (let position = 1; position < json.length; position++) {
    let key = MISSING;
    if (isObject) {
      const found = nextKey(json, position);
      if (found === undefined) return;
      key = found.key;
      position = found.end;
    }
    const next = nextValue(json, position);
    if (next === undefined) return;
    yield { key, value: next.value };
    position = next.end;
  }
}

function nextKey(json: string, from: number): { key: JsonValue; end: number } | undefined {
  const start = json.indexOf('"', from);
  const end = start < 0 ? UNCLOSED : endOfString(json, start);
  if (end === UNCLOSED) return undefined;
  const raw = json.slice(start, end);
  return { key: stringValue(raw, stringText(raw.slice(1, -1))), end };
}

/** Finds the value at a path in a JSON text; MISSING if there is none. */
export type Find = (json: string, path: string) => JsonValue;

/**
 * One walk along a path through a JSON text, from its first bracket and no further than necessary.
 * The JSON need not be valid: like gjson, it skips what it does not understand. The first of
 * several equal keys wins. Takes time linear in the length of the text per step of the path. The
 * recursion depth is that of the path, not of the text.
 */
export class JsonSearch {
  /** The value that was found. */
  value: JsonValue = MISSING;
  /** The path that is applied to the value. */
  pipe: string | undefined;
  readonly #json: string;
  readonly #steps: PathSteps;
  readonly #find: Find;
  #position = 0;
  /** An unclosed string was met: the rest of the text cannot be read. */
  #isBroken = false;

  constructor(json: string, steps: PathSteps, find: Find) {
    this.#json = json;
    this.#steps = steps;
    this.#find = find;
  }

  run(path: string): void {
    if (path.startsWith('..')) {
      this.#array(path.slice(2));
      return;
    }
    const start = this.#json.search(/[{[]/);
    if (start >= 0) this.#enter(start, path);
  }

  #enter(start: number, path: string): boolean {
    this.#position = start + 1;
    return this.#json[start] === '{' ? this.#object(path) : this.#array(path);
  }

  #object(path: string): boolean {
    const step = this.#steps.object(path);
    if (step.pipe !== undefined) this.pipe = step.pipe;
    for (let key = this.#nextKey(); key !== undefined; key = this.#nextKey()) {
      if (this.#member(step, isMeant(step, key))) return true;
    }
    return false;
  }

  /** Returns the next key without its quotes; undefined at the end of the object. */
  #nextKey(): string | undefined {
    const json = this.#json;
    for (let start = this.#position; start < json.length; start++) {
      const character = json[start];
      if (character === '}') {
        this.#position = start + 1;
        return undefined;
      }
      if (character !== '"') continue;
      const end = endOfString(json, start);
      if (end === UNCLOSED) break;
      this.#position = end;
      return json.slice(start + 1, end - 1);
    }
    this.#position = json.length;
    return undefined;
  }

  /** Skips or enters the value of a key. Returns true if the search ends there. */
  #member(step: ObjectStep, isKeyMeant: boolean): boolean {
    const start = this.#nextStart('');
    if (start === undefined) return false;
    if (isKeyMeant && step.rest !== undefined && isNestedAt(this.#json, start)) return this.#enter(start, step.rest);
    const end = this.#passValue(start);
    if (!isKeyMeant || step.rest !== undefined || end === undefined) return false;
    this.value = valueBetween(this.#json, start, end);
    return true;
  }

  #array(path: string): boolean {
    const step = this.#steps.array(path);
    if (step.pipe !== undefined) this.pipe = step.pipe;
    const gathered: string[] = [];
    for (let index = 0; ; index++) {
      const before = this.#position;
      const start = this.#nextStart(']');
      if (start === undefined) return this.#endArray(step, { before, count: index, gathered });
      if (this.#element(step, start, { index, gathered })) return true;
      if (this.#isBroken) return false;
    }
  }

  /** Skips or enters an element. Returns true if the search ends there. */
  #element(step: ArrayStep, start: number, { index, gathered }: { index: number; gathered: string[] }): boolean {
    const isMeant = step.index === index;
    if (isMeant && step.rest !== undefined && isNestedAt(this.#json, start)) return this.#enter(start, step.rest);
    const end = this.#passValue(start);
    if (end === undefined) return false;
    const value = () => valueBetween(this.#json, start, end);
    if (step.query !== undefined) return this.#ask(step, step.query, { element: value(), gathered });
    if (step.each !== undefined) this.#gather(this.#find(value().raw, step.each), gathered);
    if (!isMeant || step.rest !== undefined) return false;
    this.value = value();
    return true;
  }

  /** Checks whether an element matches the query. Returns true if it is the searched one. */
  #ask(step: ArrayStep, query: Query, { element, gathered }: { element: JsonValue; gathered: string[] }): boolean {
    if (element.kind !== 'json' && query.path !== '') return false;
    const asked = element.kind === 'json' ? this.#find(element.raw, query.path) : element;
    if (!meetsQuery(query, asked)) return false;
    if (step.pipeOfElements !== undefined) this.pipe = step.pipeOfElements;
    const result = step.rest === undefined ? element : this.#find(element.raw, step.rest);
    if (query.all) {
      this.#gather(result, gathered);
      return false;
    }
    this.value = result;
    return true;
  }

  #gather(found: JsonValue, gathered: string[]): void {
    if (found.raw !== '') gathered.push(found.raw);
  }

  /** Computes the result of the whole array. Returns true if the search ends with it. */
  #endArray(step: ArrayStep, walk: { before: number; count: number; gathered: string[] }): boolean {
    const { before, count, gathered } = walk;
    if (step.isCount && step.each !== undefined) {
      this.#gatherBehind(before, step.each, gathered);
      if (step.pipeOfElements !== undefined) this.pipe = step.pipeOfElements;
      this.value = jsonValue(`[${gathered.join(',')}]`);
      return true;
    }
    if (step.isCount) {
      this.value = numberValue(String(count));
      return true;
    }
    if (step.query?.all === true && !exists(this.value)) this.value = jsonValue(`[${gathered.join(',')}]`);
    return false;
  }

  /**
   * Like gjson, takes the next value, wherever it is, if something other than a value precedes the
   * closing bracket.
   */
  #gatherBehind(before: number, each: string, gathered: string[]): void {
    const start = before + (/^[ \t\r\n]*/.exec(this.#json.slice(before))?.[0].length ?? 0);
    if (start >= this.#json.length || this.#json[start] === ']') return;
    const next = nextValue(this.#json, start);
    if (next !== undefined) this.#gather(this.#find(next.value.raw, each), gathered);
  }

  /**
   * Returns the start of the next value, skipping anything else; undefined at `closing` and at the
   * end of the text.
   */
  #nextStart(closing: string): number | undefined {
    const json = this.#json;
    for (let start = this.#position; start < json.length; start++) {
      if (beginsValue(json, start)) return start;
      if (json[start] !== closing) continue;
      this.#position = start + 1;
      return undefined;
    }
    this.#position = json.length;
    return undefined;
  }

  /**
   * Returns the end of the value, where reading continues; undefined if it is an unclosed string.
   */
  #passValue(start: number): number | undefined {
    const end = endOfValue(this.#json, start);
    this.#isBroken = end === UNCLOSED || end > this.#json.length;
    this.#position = this.#isBroken ? this.#json.length : end;
    return end === UNCLOSED ? undefined : end;
  }
}

function isMeant({ key, wildcard }: ObjectStep, written: string): boolean {
  const text = stringText(written);
  return wildcard === undefined ? text === key : wildcard.matches(text);
}
