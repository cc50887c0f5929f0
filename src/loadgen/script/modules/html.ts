import type { VuContext } from '../runtime/vu-context.js';
import { parseHtml } from './html-selection.js';
import { asText } from './values.js';

/** The module `k6/html` of one virtual user. */
export function createHtmlModule(vu: VuContext): object {
  const parseHTML = (text?: unknown): object => parseHtml(vu, text === undefined || text === null ? '' : asText(text));
  return { parseHTML, default: { parseHTML } };
}
