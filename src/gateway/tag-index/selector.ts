/**
 * Which connections are meant. `all`: everyone. `ids`: these ids, each once; unknown ones count for nothing.
 * `pairs`: every pair must match (AND); never empty.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'pairs'; readonly pairs: ReadonlyMap<string, string> };
