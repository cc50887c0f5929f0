import { property, tagsArgument, asText, isFunction, isObject, textEntries } from '../../runtime/values.js';
import { errorMessage } from '../../../../core/error.js';
import { parseDuration } from '../../../../core/duration.js';
import type { Tags } from '../../../metric/series.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { jarOf, type CookieStore } from '../../runtime/cookie-jar.js';
import { compressBody, requestBody } from './http-body.js';
import { readRequestUrl, type BadUrl } from './request-url.js';

/** Decides which statuses are expected. */
export interface ResponseCallback {
  readonly accepts: (status: number) => boolean;
}

/** k6's default: 200 to 399. */
export const DEFAULT_CALLBACK: ResponseCallback = { accepts: (status) => status >= 200 && status <= 399 };

/** `http.expectedStatuses`: statuses, and ranges as `{min, max}`. */
export function expectedStatuses(...statuses: unknown[]): ResponseCallback {
  if (statuses.length === 0) throw new TypeError('no arguments');
  const ranges = statuses.map((status, index) => {
    if (Number.isInteger(status)) return { min: Number(status), max: Number(status) };
    const min = property(status, 'min');
    const max = property(status, 'max');
    if (typeof min === 'number' && typeof max === 'number') return { min, max };
    throw new TypeError(
      `argument number ${index + 1} to expectedStatuses was neither an integer nor an object like {min:100, max:329}`,
    );
  });
  return { accepts: (status) => ranges.some(({ min, max }) => status >= min && status <= max) };
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_USER_AGENT = 'wsg (k6 compatible)';

export type ResponseType = 'text' | 'binary' | 'none';

/** A request with the arguments of the script. */
export interface ScriptRequest {
  readonly method: string;
  readonly url: URL;
  /** The URL as written in the script, for tags. */
  readonly name: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  readonly jar: CookieStore;
  readonly cookies: readonly (readonly [name: string, value: string])[];
  readonly tags: Tags;
  readonly timeoutMs: number;
  readonly redirects: number;
  readonly responseType: ResponseType;
  /** Decides which statuses are expected; null turns the check off. */
  readonly responseCallback: ResponseCallback | null;
  readonly throws: boolean;
}

/** A request that cannot be sent. */
export interface RefusedRequest {
  readonly method: string;
  /** The URL as given by the script. */
  readonly target: string;
  readonly bad: BadUrl;
  readonly tags: Tags;
  readonly responseCallback: ResponseCallback | null;
  readonly throws: boolean;
}

/** Arguments of a request function. */
export interface HttpArguments {
  readonly method: string;
  readonly url: unknown;
  readonly body: unknown;
  readonly params: unknown;
}

/** Reads the arguments of a request. Invalid arguments make the request fail, as in k6. */
export function readHttpRequest(
  vu: VuContext,
  args: HttpArguments,
  callback: ResponseCallback | null,
): ScriptRequest | RefusedRequest {
  try {
    return readArguments(vu, args, callback);
  } catch (error) {
    const bad: BadUrl = { failure: { error: errorMessage(error), errorCode: 0 }, name: undefined };
    const throws = vu.thread.runtime.throwsOnFailure;
    return { method: args.method, tags: new Map(), responseCallback: null, throws, target: asText(args.url), bad };
  }
}

function readArguments(
  vu: VuContext,
  args: HttpArguments,
  callback: ResponseCallback | null,
): ScriptRequest | RefusedRequest {
  const { params } = args;
  const { runtime } = vu.thread;
  const encoded = requestBody(args.body);
  const algorithms = property(params, 'compression') === undefined ? [] : textList(property(params, 'compression'));
  const headers = headersOf(params, { contentType: encoded?.contentType, algorithms, userAgent: runtime.userAgent });
  const ownCallback = property(params, 'responseCallback');
  const throws = property(params, 'throw');
  const common = {
    method: args.method.toUpperCase(),
    tags: tagsArgument('tags', property(params, 'tags')),
    responseCallback: ownCallback === undefined ? callback : asCallback(ownCallback),
    throws: throws === undefined ? runtime.throwsOnFailure : throws === true,
  };
  const target = readRequestUrl(args.url);
  if ('failure' in target) {
    // A text that is not a URL is refused before the parameters are read, so they cannot decide
    // whether the error is thrown.
    const throwsBad = target.name === undefined ? runtime.throwsOnFailure : common.throws;
    return { ...common, throws: throwsBad, target: asText(args.url), bad: target };
  }
  return {
    ...common,
    url: target.url,
    name: target.name,
    headers,
    body: encoded === undefined ? undefined : compressBody(encoded.bytes, algorithms),
    jar: jarOf(property(params, 'jar')) ?? vu.cookies,
    cookies: cookiesOf(property(params, 'cookies')),
    timeoutMs: timeoutOf(property(params, 'timeout')),
    redirects: Number(property(params, 'redirects') ?? runtime.maxRedirects),
    responseType: responseTypeOf(property(params, 'responseType'), runtime.discardResponseBodies),
  };
}

interface HeaderOptions {
  readonly contentType: string | undefined;
  readonly algorithms: readonly string[];
  readonly userAgent: string | undefined;
}

function headersOf(params: unknown, { contentType, algorithms, userAgent }: HeaderOptions): [string, string][] {
  const given = textEntries(property(params, 'headers'));
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const own: [string, string][] = [['User-Agent', userAgent ?? DEFAULT_USER_AGENT]];
  if (contentType !== undefined) own.push(['Content-Type', contentType]);
  if (algorithms.length > 0) own.push(['Content-Encoding', algorithms.join(', ')]);
  return [...own.filter(([name]) => !has(name.toLowerCase())), ...given];
}

function cookiesOf(cookies: unknown): [string, string][] {
  if (!isObject(cookies)) return [];
  return Object.entries(cookies).map(([name, value]) => [name, asText(isObject(value) ? value['value'] : value)]);
}

function timeoutOf(timeout: unknown): number {
  if (timeout === undefined || timeout === null) return DEFAULT_TIMEOUT_MS;
  const parsed = typeof timeout === 'number' ? timeout : parseDuration(asText(timeout));
  if (typeof parsed === 'number' && parsed >= 0) return parsed;
  throw new Error(`invalid timeout value: time: invalid duration ${JSON.stringify(asText(timeout))}`);
}

function responseTypeOf(type: unknown, discards: boolean): ResponseType {
  if (type === undefined || type === null) return discards ? 'none' : 'text';
  if (type === 'text' || type === 'binary' || type === 'none') return type;
  throw new Error(`${asText(type)} does not belong to ResponseType values: text, binary, none`);
}

function asCallback(value: unknown): ResponseCallback | null {
  if (value === null) return null;
  if (isFunction(value)) throw new Error('a responseCallback must be the result of http.expectedStatuses(), or null');
  const accepts = property(value, 'accepts');
  if (!isFunction(accepts))
    throw new Error('a responseCallback must be the result of http.expectedStatuses(), or null');
  return { accepts: (status) => accepts.call(value, status) === true };
}

function textList(value: unknown): readonly string[] {
  return asText(value)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
