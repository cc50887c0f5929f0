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

/** A member of an object, or an element of an array: then without a key. */
export interface JsonMember {
  readonly key: JsonValue;
  readonly value: JsonValue;
}

/**
 * The members of an object or array in their order; a value of another kind is its own only one.
 */
export function* membersOf(value: JsonValue): Generator<JsonMember> {
  if (value.kind !== 'json') {
    if (value.raw !== '') yield { key: MISSING, value };
    return;
  }
  const json = value.raw;
  const isObject = json.startsWith('{');
  // Behind each value one character is passed over, which is the comma where the JSON is valid.
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

/** Finds what a path leads to in a JSON text; MISSING when it leads nowhere. */
export type Find = (json: string, path: string) => JsonValue;

/**
 * One walk along one path through one JSON text, from its first bracket on and no further than it
 * must. The JSON need not be valid: like gjson it passes over what it does not understand. The
 * first of equal keys wins. Takes time linear in the text for each step of the path, and is as deep
 * as the path, not as the text.
 */
export class JsonSearch {
  /** What was found. */
  value: JsonValue = MISSING;
  /** What the value is then to be searched with. */
  pipe: string | undefined;
  readonly #json: string;
  readonly #steps: PathSteps;
  readonly #find: Find;
  #position = 0;
  /** A string did not end: nothing more can be read. */
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

  /** The next key, without its quotes; undefined at the end of the object. */
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

  /** Passes the value of a key. True when the search ends there. */
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

  /** Passes an element. True when the search ends there. */
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

  /** Asks whether an element meets the query. True when it was the one wanted. */
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

  /** What the whole array gives. True when the search ends with it. */
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
   * As gjson does, takes the next value after something that is none before the closing bracket,
   * wherever it is.
   */
  #gatherBehind(before: number, each: string, gathered: string[]): void {
    const start = before + (/^[ \t\r\n]*/.exec(this.#json.slice(before))?.[0].length ?? 0);
    if (start >= this.#json.length || this.#json[start] === ']') return;
    const next = nextValue(this.#json, start);
    if (next !== undefined) this.#gather(this.#find(next.value.raw, each), gathered);
  }

  /**
   * Where the next value begins, whatever stands before it; undefined at `closing` and at the end
   * of the text.
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
   * The end of the value, from where on is read next; undefined when it is a string without an end.
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
