import { closingQuote } from './split-at-pipe.js';

/** One path of a multipath and its given name; '' without a name. */
export interface SubPath {
  readonly name: string;
  readonly path: string;
}

/**
 * Reads `[a,b]` or `{"x":a,b}` at the start of a path; undefined if its brackets are not closed.
 */
export function readSubPaths(
  path: string,
): { readonly subPaths: readonly SubPath[]; readonly rest: string } | undefined {
  const reader = new SubPathReader(path);
  return reader.read();
}

class SubPathReader {
  readonly #subPaths: SubPath[] = [];
  #start = 1;
  #colon = 0;
  #hasModifier = false;
  #depth = 1;

  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(): { subPaths: readonly SubPath[]; rest: string } | undefined {
    const path = this.#path;
    for (let position = 1; position < path.length; position++) {
      const character = path.charAt(position);
      if (character === '\\') position++;
      else if (character === '"') position = closingQuote(path, position);
      else this.#take(character, position);
      if (this.#depth === 0) return { subPaths: this.#subPaths, rest: path.slice(position + 1) };
    }
    return undefined;
  }

  #take(character: string, position: number): void {
    if ('[({'.includes(character)) this.#depth++;
    else if ('])}'.includes(character)) this.#depth--;
    else if (character === ':') this.#takeColon(position);
    else if (character === '@' && '.|'.includes(this.#path.charAt(position - 1))) this.#hasModifier = true;
    if (this.#depth === 0 || (character === ',' && this.#depth === 1)) this.#push(position);
  }

  /** The colon after a modifier begins its argument. */
  #takeColon(position: number): void {
    if (!this.#hasModifier && this.#colon === 0 && this.#depth === 1) this.#colon = position;
  }

  #push(end: number): void {
    const path = this.#path;
    const name = this.#colon === 0 ? '' : path.slice(this.#start, this.#colon);
    const start = this.#colon === 0 ? this.#start : this.#colon + 1;
    this.#subPaths.push({ name, path: path.slice(start, end) });
    this.#colon = 0;
    this.#hasModifier = false;
    this.#start = end + 1;
  }
}
