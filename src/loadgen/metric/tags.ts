/** Tags of samples; never changed once they are given to a metric, so that what was looked up for them stays true. */
export type Tags = ReadonlyMap<string, string>;

/** No tags. */
export const NO_TAGS: Tags = new Map();

/** These tags and more; the later ones win. */
export function withTags(tags: Tags, more: Tags): Tags {
  if (more.size === 0) return tags;
  return tags.size === 0 ? more : new Map([...tags, ...more]);
}

/** Whether every tag wanted is there with its value. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  for (const [key, value] of wanted) if (tags.get(key) !== value) return false;
  return true;
}

/** Begins the name of metadata: a control character, so that no tag of a plan has such a name. */
const METADATA_MARK = '\u0000';

/**
 * These tags with one more text beside them that is written out with samples and never selects any: k6's metadata. It travels in the
 * same map, so that it costs nothing where there is none. Undefined takes it away.
 */
export function withMetadata(tags: Tags, name: string, value: string | undefined): Tags {
  const changed = new Map(tags);
  if (value === undefined) changed.delete(METADATA_MARK + name);
  else changed.set(METADATA_MARK + name, value);
  return changed;
}

/** The tags alone. */
export function tagsOf(tags: Tags): [name: string, value: string][] {
  return [...tags].filter(([name]) => !name.startsWith(METADATA_MARK));
}

/** The metadata alone. */
export function metadataOf(tags: Tags): [name: string, value: string][] {
  return [...tags].flatMap(([name, value]) => (name.startsWith(METADATA_MARK) ? [[name.slice(1), value]] : []));
}
