/** Limits on the tags of one connection. */
export interface TagLimits {
  readonly maxTags: number;
  /** Maximum size of one tag, key and value together, in UTF-8. */
  readonly maxTagBytes: number;
}

const SHOWN_CHARACTERS = 64;

/** Returns which tag is not allowed and why; undefined if all are allowed. */
export function tagProblem(tags: ReadonlyMap<string, string>, { maxTagBytes }: TagLimits): string | undefined {
  for (const [key, value] of tags) {
    if (key === 'id') return "a tag cannot be called 'id': /status shows the connection's id there";
    if (key === '') return 'a tag must have a name';
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (bytes > maxTagBytes) {
      return `the tag ${shown(key)} has ${bytes} bytes, key and value together; at most ${maxTagBytes} are allowed`;
    }
  }
  return undefined;
}

/** Returns the number of tags after these changes; an empty value deletes one. */
export function countTags(before: ReadonlyMap<string, string>, changes: ReadonlyMap<string, string>): number {
  let count = before.size;
  for (const [key, value] of changes) {
    if (before.has(key) === (value !== '')) continue;
    count += value === '' ? -1 : 1;
  }
  return count;
}

function shown(key: string): string {
  return JSON.stringify(key.length > SHOWN_CHARACTERS ? `${key.slice(0, SHOWN_CHARACTERS)}...` : key);
}
