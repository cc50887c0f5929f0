import type { Selector } from './parse-selector.js';

/** Texts of selectors. A repeated selector is the same object, so most need no formatting. */
const known = new WeakMap<Selector, string>();

/**
 * Formats a selector as a query that `parseSelector` reads as an equal selector, for another
 * process. Equal texts become the same object there.
 */
export function formatSelector(selector: Selector): string {
  let text = known.get(selector);
  if (text === undefined) {
    text = format(selector);
    known.set(selector, text);
  }
  return text;
}

function format(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all=true';
    case 'ids':
      // The comma keeps an empty list from reading as a tag.
      return `id=${[...selector.ids].map(encodeURIComponent).join(',') || ','}`;
    case 'pairs':
      return [...selector.pairs]
        .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
        .join('&');
  }
}
