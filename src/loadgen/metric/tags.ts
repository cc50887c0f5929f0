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
