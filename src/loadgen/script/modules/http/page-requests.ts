import type { HttpArguments } from './http-request.js';
import type { Selection } from '../html/html-selection.js';
import { asText, isObject, property, encodeValues } from '../../runtime/values.js';

/** Collaborators of a response for its page methods. */
export interface Pages {
  readonly parse: (text: string, url: string) => Selection;
  /** Sends a request and returns the response to the script. */
  readonly send: (what: string, args: HttpArguments) => unknown;
}

interface LoadedPage {
  readonly document: Selection;
  readonly url: string;
}

/**
 * Returns the request that submits a form of the page: `{ formSelector, submitSelector, fields,
 * params }` as in k6.
 */
export function formRequest({ document, url }: LoadedPage, options: unknown): HttpArguments {
  const selector = asText(property(options, 'formSelector') ?? 'form');
  const form = document.find(selector);
  if (form.size() === 0) throw new Error(`no form found for selector '${selector}' in response '${url}'`);
  const submit = form.find(asText(property(options, 'submitSelector') ?? '[type="submit"]'));
  const [name, value] = [submit.attr('name'), submit.val()];
  const fields = property(options, 'fields');
  const values = {
    ...form.serializeObject(),
    ...(name === undefined || value === undefined ? {} : { [asText(name)]: value }),
    ...(isObject(fields) ? fields : {}),
  };
  const method = asText(form.attr('method', 'GET')).toUpperCase();
  const target = new URL(asText(form.attr('action', url)), url);
  const params = property(options, 'params');
  if (method !== 'GET') return { method, url: target.href, body: values, params };
  const texts = Object.entries(values).map(([key, one]) => [key, asText(one)] as const);
  target.search = encodeValues(Object.fromEntries(texts));
  return { method, url: target.href, body: undefined, params };
}

/** Returns the request that follows a link of the page: `{ selector, params }` as in k6. */
export function linkRequest({ document, url }: LoadedPage, options: unknown): HttpArguments {
  const selector = asText(property(options, 'selector') ?? 'a[href]');
  const link = document.find(selector);
  if (link.size() === 0) throw new Error(`no element found for selector '${selector}' in response '${url}'`);
  const href = link.attr('href');
  if (href === undefined) {
    throw new Error(`no valid href attribute value found on element '${selector}' in response '${url}'`);
  }
  return {
    method: 'GET',
    url: new URL(asText(href), url).href,
    body: undefined,
    params: property(options, 'params'),
  };
}
