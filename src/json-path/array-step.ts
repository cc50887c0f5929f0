import { stringText } from './json-scan.js';
import { beginsPipe } from './object-step.js';
import { closingQuote, splitAtPipe } from './split-at-pipe.js';

/** A condition on elements: `#(path op value)`, or `#(...)#` for all elements that match. */
export interface Query {
  readonly path: string;
  /** '' matches if the path finds a value. */
  readonly operator: string;
  readonly value: string;
  readonly all: boolean;
}

/** One step of a path into an array. */
export interface ArrayStep {
  /** Index of the selected element; -1 if the step does not select a single element. */
  readonly index: number;
  /**
   * Whether the step is `#` alone: the number of elements or, with `each`, the result of that path
   * for each element.
   */
  readonly isCount: boolean;
  readonly each: string | undefined;
  readonly query: Query | undefined;
  /**
   * The rest of the path, applied to the element; undefined if the element itself is the result.
   */
  readonly rest: string | undefined;
  /** The path that is applied to the result of this step. */
  readonly pipe: string | undefined;
  /** The path that is applied to the result of `each`, or of the rest after a query. */
  readonly pipeOfElements: string | undefined;
}

/** Reads the first step of a path. */
export function readArrayStep(path: string): ArrayStep {
  if (path.startsWith('#.')) {
    const [each, pipeOfElements] = splitAtPipe(path.slice(2));
    return { ...step('#', undefined), each, rest: path.slice(2), pipeOfElements };
  }
  const hasQuery = path.startsWith('#(') || path.startsWith('#[');
  const query = hasQuery ? readQuery(path) : undefined;
  if (hasQuery && query === undefined) return step(path, UNREADABLE);
  return readRest(path, query?.end ?? 0, query?.query);
}

/** A query with unclosed brackets: it matches nothing. */
const UNREADABLE: Query = { path: '', operator: '', value: '', all: false };

function readRest(path: string, from: number, query: Query | undefined): ArrayStep {
  for (let position = from; position < path.length; position++) {
    const character = path.charAt(position);
    const part = path.slice(0, position);
    const after = path.slice(position + 1);
    if (character === '|') return { ...step(part, query), pipe: after };
    if (character !== '.') continue;
    if (!part.includes('#') && beginsPipe(after)) return { ...step(part, query), pipe: after };
    const [rest, pipeOfElements] = query === undefined ? [after, undefined] : splitAtPipe(after);
    return { ...step(part, query), rest, pipeOfElements };
  }
  return step(path, query);
}

function step(part: string, query: Query | undefined): ArrayStep {
  const index = /^\d+$/.test(part) ? Number(part) : -1;
  const isCount = part === '#';
  return { index, isCount, each: undefined, query, rest: undefined, pipe: undefined, pipeOfElements: undefined };
}

/**
 * Returns the end of the query at the start of a path; undefined if its brackets are not closed.
 */
export function queryEnd(path: string): number | undefined {
  return readQuery(path)?.end;
}

/**
 * Reads the query at the start of a path, and its end; undefined if its brackets are not closed.
 */
function readQuery(path: string): { query: Query; end: number } | undefined {
  const bounds = findBounds(path);
  if (bounds === undefined) return undefined;
  const { operatorAt, closesAt } = bounds;
  const end = closesAt + 1;
  const all = path[end] === '#';
  const left = trimSpace(path.slice(2, operatorAt ?? closesAt));
  if (operatorAt === undefined) return { query: { path: left, operator: '', value: '', all }, end };
  const comparison = trimSpace(path.slice(operatorAt, closesAt));
  const written = /^(?:!=|!%|<=|>=|==|[<=>%]|!$)/.exec(comparison)?.[0] ?? '';
  const value = unquote(trimSpace(comparison.slice(written.length)));
  return { query: { path: left, operator: written === '==' ? '=' : written, value, all }, end };
}

/** Finds the start of a query's operator, if it has one, and its closing bracket. */
function findBounds(path: string): { operatorAt: number | undefined; closesAt: number } | undefined {
  let operatorAt: number | undefined;
  let depth = 1;
  for (let position = 2; position < path.length; position++) {
    const character = path.charAt(position);
    if (depth === 1 && operatorAt === undefined && '!=<>%'.includes(character)) operatorAt = position;
    else if (character === '\\') position++;
    else if (character === '"') position = closingQuote(path, position);
    else depth += depthChange(character);
    if (depth === 0) return { operatorAt, closesAt: position };
  }
  return undefined;
}

function depthChange(character: string): number {
  if (character === '[' || character === '(') return 1;
  return character === ']' || character === ')' ? -1 : 0;
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? stringText(value.slice(1, -1)) : value;
}

/** Trims bytes up to the space character at both ends. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}
