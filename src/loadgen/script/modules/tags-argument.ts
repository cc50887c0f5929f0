import type { Tags } from '../../metric/tags.js';
import { wrongType } from './k6-errors.js';
import { isObject, textEntries } from './values.js';

/** The tags that a script gives a function; undefined and null are none. Throws when they are no object. */
export function tagsArgument(what: string, value: unknown): Tags {
  if (value === undefined || value === null) return NONE;
  if (!isObject(value) || Array.isArray(value)) throw wrongType(what, value, 'an object of tags');
  return new Map(textEntries(value));
}

const NONE: Tags = new Map();
