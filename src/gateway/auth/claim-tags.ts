/**
 * Converts claims to tags: strings unchanged, numbers and booleans as text. Lists, objects, null
 * and missing claims give no tag.
 */
export function claimTags(
  claims: Readonly<Record<string, unknown>>,
  claimsToTags: ReadonlyMap<string, string>,
): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [claim, tag] of claimsToTags) {
    const value = Object.hasOwn(claims, claim) ? tagValue(claims[claim]) : undefined;
    if (value !== undefined) tags.set(tag, value);
  }
  return tags;
}

/** Converts a claim to the value of a tag; undefined unless it is a string, number or boolean. */
export function tagValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
