import { endOfNested } from './json-scan.js';

/** Splits a path at the first pipe outside the brackets of queries and multipaths. */
export function splitAtPipe(path: string): readonly [before: string, after: string | undefined] {
  const pipe = path.startsWith('{') ? pipeAfterBraces(path) : findPipe(path);
  return pipe === undefined ? [path, undefined] : [path.slice(0, pipe), path.slice(pipe + 1)];
}

function pipeAfterBraces(path: string): number | undefined {
  const end = 1 + endOfNested(path.slice(1), 0);
  return path[end] === '|' ? end : undefined;
}

function findPipe(path: string): number | undefined {
  for (let position = 0; position < path.length; position++) {
    const character = path.charAt(position);
    if (character === '|') return position;
    if (character === '\\') position++;
    else if (character === '.' && path[position + 1] === '#') position = endOfSelector(path, position + 2);
  }
  return undefined;
}

/**
 * Returns the position of the bracket that closes the one at `start`, or `start` itself if there is
 * none.
 */
function endOfSelector(path: string, start: number): number {
  const open = path[start];
  if (open !== '(' && open !== '[') return start;
  const close = open === '(' ? ')' : ']';
  let depth = 1;
  let position = start + 1;
  for (; position < path.length; position++) {
    const character = path[position];
    if (character === '\\') position++;
    else if (character === open) depth++;
    else if (character === close) depth--;
    else if (character === '"') position = closingQuote(path, position);
    if (depth === 0) break;
  }
  return position;
}

/** Returns the position of the quote that closes the one at `start`, or the end of the path. */
export function closingQuote(path: string, start: number): number {
  let position = start + 1;
  while (position < path.length && path[position] !== '"') position += path[position] === '\\' ? 2 : 1;
  return position;
}
