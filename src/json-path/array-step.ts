import { stringText } from './json-scan.js';
import { beginsPipe } from './object-step.js';
import { closingQuote, splitAtPipe } from './split-at-pipe.js';

/** A condition on elements: `#(path op value)`, or `#(...)#` for all that meet it. */
export interface Query {
  readonly path: string;
  /** '' asks whether the path leads anywhere. */
  readonly operator: string;
  readonly value: string;
  readonly all: boolean;
}

/** One step of a path into an array. */
export interface ArrayStep {
  /** Of the element meant; -1 when no single one is. */
  readonly index: number;
  /**
   * Whether it is `#` alone: how many elements there are, or, with `each`, what that path gives of
   * each.
   */
  readonly isCount: boolean;
  readonly each: string | undefined;
  readonly query: Query | undefined;
  /** The rest of the path, for the element; undefined when the element itself is meant. */
  readonly rest: string | undefined;
  /** What the result of this step is then searched with. */
  readonly pipe: string | undefined;
  /** What the result of `each`, or of the rest behind a query, is then searched with. */
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

/** Of a query whose brackets do not close: it finds nothing. */
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

/** Where the query at the front of a path ends; undefined when its brackets do not close. */
export function queryEnd(path: string): number | undefined {
  return readQuery(path)?.end;
}

/**
 * Reads the query at the front of a path, and where it ends; undefined when its brackets do not
 * close.
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

/** Where the operator of a query begins, if it has one, and where the query's bracket closes. */
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

/** Without what is at most a space, at both ends. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}
