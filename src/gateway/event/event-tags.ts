/** The tags of a connection. When a tag changes the map is replaced, never modified. */
export type SharedTags = ReadonlyMap<string, string>;

/**
 * Form-encodes the tags that an endpoint includes in its events. The text equals that of Go's
 * url.Values.Encode: keys sorted bytewise, space as `+`, '' when no included tag is set. Caches the
 * text of each tags map by identity, so connections that share their tags share the text; a map
 * must not change once encoded.
 */
export class EventTagsEncoder {
  readonly #keys: readonly { readonly key: string; readonly encoded: string }[];
  readonly #encodedTags = new WeakMap<SharedTags, string>();

  constructor(includedKeys: Iterable<string>) {
    this.#keys = [...new Set(includedKeys)].sort(compareBytes).map((key) => ({ key, encoded: encodeFormText(key) }));
  }

  encode(tags: SharedTags): string {
    if (this.#keys.length === 0) return '';
    const known = this.#encodedTags.get(tags);
    if (known !== undefined) return known;
    const text = this.#encodeAnew(tags);
    this.#encodedTags.set(tags, text);
    return text;
  }

  #encodeAnew(tags: SharedTags): string {
    const pairs: string[] = [];
    for (const { key, encoded } of this.#keys) {
      const value = tags.get(key);
      if (value !== undefined) pairs.push(`${encoded}=${encodeFormText(value)}`);
    }
    return pairs.join('&');
  }
}

/** UTF-16 order differs from byte order beyond the basic plane. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Escapes as Go's url.QueryEscape: letters, digits and `-_.~` stay, space becomes `+`, every other
 * byte `%XX`.
 */
function encodeFormText(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return encodeURIComponent(wellFormed).replace(/%20|[!'()*]/g, escapeForForm);
}

function escapeForForm(found: string): string {
  return found === '%20' ? '+' : `%${found.charCodeAt(0).toString(16).toUpperCase()}`;
}
