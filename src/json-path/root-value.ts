import { beginsValue, endOfString, endOfValue, stringText, UNCLOSED, valueBetween } from './json-scan.js';
import { jsonValue, MISSING, stringValue, type JsonValue } from './json-value.js';

/**
 * Returns the value of a whole text. An object or array extends to the end of the text. A text that
 * is not JSON gives MISSING.
 */
export function rootValue(json: string): JsonValue {
  const start = /[^\0- ]/.exec(json)?.index;
  if (start === undefined || !beginsValue(json, start)) return MISSING;
  const rest = json.slice(start);
  if (rest.startsWith('{') || rest.startsWith('[')) return jsonValue(rest);
  if (rest.startsWith('"') && endOfString(rest, 0) === UNCLOSED) return stringValue(rest, stringText(rest.slice(1)));
  return valueBetween(rest, 0, endOfValue(rest, 0));
}
