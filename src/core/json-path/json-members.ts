import { endOfString, nextValue, stringText, UNCLOSED } from './json-scan.js';
import { MISSING, stringValue, type JsonValue } from './json-value.js';

/** A member of an object, or an element of an array: then without a key. */
export interface JsonMember {
  readonly key: JsonValue;
  readonly value: JsonValue;
}

/** The members of an object or array in their order; a value of another kind is its own only one. */
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
