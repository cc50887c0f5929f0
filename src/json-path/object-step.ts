import { MODIFIER_NAMES } from './modifier-names.js';
import { Wildcard } from './wildcard.js';

/** One step of a path into an object. */
export interface ObjectStep {
  readonly key: string;
  /** Undefined if the key is literal. */
  readonly wildcard: Wildcard | undefined;
  /**
   * The rest of the path, applied to the value of the key; undefined if the value itself is the
   * result.
   */
  readonly rest: string | undefined;
  /** The path that is applied to the result of this step. */
  readonly pipe: string | undefined;
}

/** Reads the first step of a path. */
export function readObjectStep(path: string): ObjectStep {
  let key = '';
  let isWild = false;
  for (let position = 0; position < path.length; position++) {
    const character = path.charAt(position);
    const after = path.slice(position + 1);
    if (character === '|') return step({ key, isWild, pipe: after });
    if (character === '.') return step({ key, isWild, ...(beginsPipe(after) ? { pipe: after } : { rest: after }) });
    if (character === '*' || character === '?') isWild = true;
    if (character === '\\') position++;
    key += path.charAt(position);
  }
  return step({ key, isWild });
}

/** Whether a dot before `path` acts as a pipe: before a modifier or a multipath. */
export function beginsPipe(path: string): boolean {
  if (path.startsWith('[') || path.startsWith('{')) return true;
  return path.startsWith('@') && MODIFIER_NAMES.has(/^[^.|:]*/.exec(path.slice(1))?.[0] ?? '');
}

function step(read: { key: string; isWild: boolean; rest?: string; pipe?: string }): ObjectStep {
  const { key, isWild, rest, pipe } = read;
  return { key, wildcard: isWild ? new Wildcard(key) : undefined, rest, pipe };
}
