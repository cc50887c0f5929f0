import { queryEnd } from './array-step.js';
import { readSubPaths } from './sub-paths.js';

/**
 * Returns the problem of a path, as the end of a sentence that begins with the path; undefined if
 * it is valid.
 */
export function jsonPathProblem(path: string): string | undefined {
  if (path === '') return 'is not a path';
  if (/^(?:[^\\]|\\[^])*\\$/.test(path)) return 'is not a path: it ends with the backslash of an escape';
  const open = findUnclosed(path);
  return open === undefined ? undefined : `is not a path: its '${open}' is never closed`;
}

/** Returns the first unclosed bracket of a query or a multipath. */
function findUnclosed(path: string): string | undefined {
  let rest = path;
  while (rest !== '') {
    if (/^#[([]/.test(rest)) {
      const end = queryEnd(rest);
      if (end === undefined) return rest.slice(0, 2);
      rest = rest.slice(end);
    } else if (/^[[{]/.test(rest)) {
      const several = readSubPaths(rest);
      if (several === undefined) return rest.charAt(0);
      const inner = several.subPaths.map((subPath) => findUnclosed(subPath.path)).find((open) => open !== undefined);
      if (inner !== undefined) return inner;
      rest = several.rest;
    }
    // A literal, or the argument of a modifier, may contain any character.
    if (/^!|^@\w+:/.test(rest)) return undefined;
    rest = rest.replace(/^(?:[^\\.|]|\\[^])*[.|]?/, '');
  }
  return undefined;
}
