import { decodeEscapes } from '../tag-index/parse-query.js';

/** The path as Go's ServeMux sees it: percent-decoded. Undefined when the escapes are broken. */
export function decodePath(path: string): string | undefined {
  return path.includes('%') ? decodeEscapes(path) : path;
}

/** The shortest form of a path as Go's ServeMux redirects to it: no `//`, `.` or `..`; a slash at the end stays. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const cleaned = `/${parts.join('/')}`;
  return path.endsWith('/') && cleaned !== '/' ? `${cleaned}/` : cleaned;
}
