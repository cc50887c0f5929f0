import { toByteText } from '../core/byte-text.js';
import { JsonSearch, type Find } from './json-search.js';
import { endOfNested, leadingBlock } from './json-scan.js';
import { exists, jsonValue, valueText, type JsonValue } from './json-value.js';
import { MODIFIERS } from './modifiers.js';
import { PathSteps } from './path-steps.js';
import { quoteJson } from './quote-json.js';
import { rootValue } from './root-value.js';
import { readSubPaths, type SubPath } from './sub-paths.js';

/**
 * A path in gjson's syntax. The JSON need not be valid. Never throws, and takes time linear in the
 * length of the JSON.
 */
export class JsonPath {
  readonly #path: string;
  readonly #steps = new PathSteps();

  constructor(path: string) {
    this.#path = toByteText(path);
  }

  /**
   * Returns the text of the value at the path, as a byte string; '' if there is none. Equivalent to
   * gjson's Get(...).String().
   */
  read(json: string): string {
    return valueText(this.#find(json, this.#path));
  }

  /**
   * Returns the value at the path in a byte string; `exists` tells whether there is one. Equivalent
   * to gjson's Get(...).
   */
  find(json: string): JsonValue {
    return this.#find(json, this.#path);
  }

  readonly #find: Find = (json, path) => {
    const special = path.length > 1 ? this.#findSpecially(json, path) : undefined;
    return special ?? this.#search(json, path);
  };

  #search(json: string, path: string): JsonValue {
    const search = new JsonSearch(json, this.#steps, this.#find);
    search.run(path);
    return search.pipe === undefined ? search.value : this.#find(search.value.raw, search.pipe);
  }

  /** Evaluates modifiers, literals and multipaths; undefined for any other path. */
  #findSpecially(json: string, path: string): JsonValue | undefined {
    switch (path[0]) {
      case '@':
        return this.#continue(this.#modify(json, path));
      case '!':
        return this.#continue(readLiteral(path));
      case '[':
      case '{':
        return this.#findSeveral(json, path);
      default:
        return undefined;
    }
  }

  #continue(made: Made | undefined): JsonValue | undefined {
    if (made === undefined) return undefined;
    return /^[|.]/.test(made.rest) ? this.#find(made.json, made.rest.slice(1)) : rootValue(made.json);
  }

  #modify(json: string, path: string): Made | undefined {
    const name = /^[^:|.]*/.exec(path.slice(1))?.[0] ?? '';
    const modifier = MODIFIERS.get(name);
    if (modifier === undefined) return undefined;
    const after = path.slice(1 + name.length);
    if (!after.startsWith(':')) return { json: modifier(json, '', this.#find), rest: after };
    const argument = readArgument(after.slice(1));
    return { json: modifier(json, argument, this.#find), rest: after.slice(1 + argument.length) };
  }

  /** Like gjson, continues after brackets that it cannot read. */
  #findSeveral(json: string, path: string): JsonValue {
    const several = readSubPaths(path);
    if (several === undefined) return this.#search(json, '');
    if (!/^(?:[|.]|$)/.test(several.rest)) return this.#search(json, several.rest);
    const isObject = path.startsWith('{');
    const members: string[] = [];
    for (const subPath of several.subPaths) {
      const found = this.#find(json, subPath.path);
      if (exists(found)) members.push(isObject ? `${memberName(subPath)}:${found.raw}` : found.raw);
    }
    const text = isObject ? `{${members.join(',')}}` : `[${members.join(',')}]`;
    return several.rest === '' ? jsonValue(text) : this.#find(text, several.rest.slice(1));
  }
}

/** The JSON that the start of a path produced, and the remaining path. */
interface Made {
  readonly json: string;
  readonly rest: string;
}

/**
 * Reads the argument of a modifier at the start of a path: a JSON value, or everything up to a
 * pipe.
 */
function readArgument(path: string): string {
  if (/^[{["]/.test(path)) return leadingBlock(path);
  let position = 0;
  while (position < path.length && path[position] !== '|')
    position += '{["('.includes(path.charAt(position)) ? leadingBlock(path.slice(position)).length : 1;
  return path.slice(0, position);
}

/** Reads `!` and a JSON value; undefined for any other path. */
function readLiteral(path: string): Made | undefined {
  if (/^![{["+\-\d]/.test(path)) {
    const end = 1 + endOfNested(path.slice(1), 0);
    return { json: path.slice(1, end), rest: path.slice(end) };
  }
  const name = /^[^|.]*/.exec(path.slice(1))?.[0] ?? '';
  return /^(true|false|null|nan|inf)$/i.test(name) ? { json: name, rest: path.slice(1 + name.length) } : undefined;
}

/** Returns the quoted name of a member of `{...}`: the given name, or the last part of its path. */
function memberName({ name, path }: SubPath): string {
  if (name.startsWith('"') && isJson(name)) return name;
  if (name !== '') return quoteJson(name);
  const last = lastPart(path);
  return quoteJson(/[^ -\xff]|[[\]{}()#|!]/.test(last) ? '_' : last);
}

function lastPart(path: string): string {
  for (let position = path.length - 1; position >= 0; position--) {
    const isSeparator = path[position] === '|' || path[position] === '.';
    if (isSeparator && path[position - 1] !== '\\') return path.slice(position + 1);
  }
  return path;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
