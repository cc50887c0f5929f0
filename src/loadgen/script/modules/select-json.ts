import { fromByteText, toByteText } from '../../../core/byte-text.js';
import { JsonPath } from '../../../json-path/json-path.js';
import { exists, type JsonValue } from '../../../json-path/json-value.js';

/** What a path in the syntax of gjson (github.com/tidwall/gjson, SYNTAX.md) leads to in a JSON text; undefined when that is nothing. */
export function selectJson(json: string, path: string): unknown {
  const found = new JsonPath(path).find(toByteText(json));
  return exists(found) ? valueOf(found) : undefined;
}

function valueOf({ kind, raw, text }: JsonValue): unknown {
  switch (kind) {
    case 'string':
      return fromByteText(text);
    case 'number':
      return Number(raw);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case 'json':
      return JSON.parse(fromByteText(raw));
  }
}
