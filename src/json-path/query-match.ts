import type { Query } from './array-step.js';
import { parseGoFloat, exists, isFalseish, isTrueish, literalValue, MISSING, type JsonValue } from './json-value.js';
import { Wildcard } from './wildcard.js';

/** Whether the value at a query's path satisfies its condition. */
export function meetsQuery(query: Query, found: JsonValue): boolean {
  const isTilde = query.value.startsWith('~');
  const value = isTilde ? truthOf(query.value.slice(1), found) : found;
  if (!exists(value)) return false;
  if (query.operator === '') return true;
  const wanted = isTilde ? 'true' : query.value;
  switch (value.kind) {
    case 'string':
      return meetsText(query.operator, value.text, wanted);
    case 'number':
      return compares(query.operator, parseGoFloat(value.raw), parseGoFloat(wanted));
    case 'true':
    case 'false':
      return meetsBoolean(query.operator, value.kind === 'true', wanted);
    default:
      return false;
  }
}

/** Returns the truth value that `~true` and similar words select; MISSING for any other word. */
function truthOf(word: string, found: JsonValue): JsonValue {
  switch (word) {
    case '*':
      return booleanValue(exists(found));
    case 'null':
      return booleanValue(found.kind === 'null');
    case 'true':
      return booleanValue(isTrueish(found));
    case 'false':
      return booleanValue(isFalseish(found));
    default:
      return MISSING;
  }
}

function booleanValue(isTrue: boolean): JsonValue {
  return literalValue(isTrue ? 'true' : 'false');
}

function meetsText(operator: string, text: string, wanted: string): boolean {
  if (operator === '%') return new Wildcard(wanted).matches(text);
  if (operator === '!%') return !new Wildcard(wanted).matches(text);
  return compares(operator, text, wanted);
}

function compares<T extends string | number>(operator: string, left: T, right: T): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return false;
  }
}

/**
 * False is less than true. A wanted text that is neither `true` nor `false` is unequal to both, and
 * has no order.
 */
function meetsBoolean(operator: string, isTrue: boolean, wanted: string): boolean {
  switch (operator) {
    case '=':
      return wanted === String(isTrue);
    case '!=':
      return wanted !== String(isTrue);
    case '>':
      return isTrue && wanted === 'false';
    case '<':
      return !isTrue && wanted === 'true';
    case '>=':
      return isTrue;
    case '<=':
      return !isTrue;
    default:
      return false;
  }
}
