import { isObject, asText } from '../../runtime/values.js';

/** The reason why there was no response. */
export interface RequestFailure {
  readonly error: string;
  readonly errorCode: number;
}

/** A URL that cannot be requested. */
export interface BadUrl {
  readonly failure: RequestFailure;
  /**
   * The name for tags; undefined if k6 does not count such a request because the text is not a URL.
   */
  readonly name: string | undefined;
}

/** The URL of a request and its name in tags. */
export interface RequestUrl {
  readonly url: URL;
  readonly name: string;
}

/** Error codes of k6 (k6 docs, "Error codes"). */
const CODE = { general: 1000, invalidUrl: 1020, dial: 1210 } as const;
const MAX_PORT = 65_535;

/**
 * Reads a text, or the result of the template tag `http.url`. Problems are described in the words
 * of Go's `net/url` and `net/http`, because k6 scripts see those.
 */
export function readRequestUrl(given: unknown): RequestUrl | BadUrl {
  const isTemplate = isObject(given) && 'url' in given;
  const value = isTemplate ? given['url'] : given;
  if (typeof value !== 'string') return invalid(`'#${goValue(value)}'`);
  const problem = urlProblem(value);
  if (problem !== undefined) return invalid(`parse ${JSON.stringify(value)}: ${problem}`);
  const name = isTemplate && 'name' in given ? asText(given['name']) : withoutPassword(value);
  const failure = transportFailure(value);
  if (failure !== undefined) return { failure, name: name.replace(/^(https?:)\/\/$/i, '$1').replaceAll(' ', '%20') };
  return URL.canParse(value) ? { url: new URL(value), name } : invalid(`parse ${JSON.stringify(value)}`);
}

/** Formats a script value as Go would print it. */
function goValue(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (!isObject(value)) return asText(value);
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([name, of]) => `${name}:${goValue(of)}`).join(' ')}]`;
}

function invalid(what: string): BadUrl {
  return { failure: { error: `invalid URL: ${what}`, errorCode: CODE.invalidUrl }, name: undefined };
}

/** Returns the error of Go's `url.Parse`; undefined if the text is a valid URL. */
export function urlProblem(text: string): string | undefined {
  if (holdsControl(text)) return 'net/url: invalid control character in URL';
  if (text.startsWith(':')) return 'missing protocol scheme';
  const { scheme, authority, path } = partsOf(text);
  if (scheme === '' && authority === undefined && /^[^/]*:/.test(path)) {
    return 'first path segment in URL cannot contain colon';
  }
  return hostProblem(authority ?? '') ?? escapeProblem(path);
}

function holdsControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

function partsOf(text: string): {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
} {
  const [rest = ''] = text.split(/[?#]/, 1);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(rest)?.[1] ?? '';
  const behind = scheme === '' ? rest : rest.slice(scheme.length + 1);
  if (!behind.startsWith('//')) return { scheme: scheme.toLowerCase(), authority: undefined, path: behind };
  const [authority = ''] = behind.slice(2).split('/', 1);
  return { scheme: scheme.toLowerCase(), authority, path: behind.slice(2 + authority.length) };
}

function hostProblem(authority: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const isLiteral = host.startsWith('[');
  if (isLiteral && !host.includes(']')) return "missing ']' in host";
  const colon = isLiteral ? host.lastIndexOf(']') + 1 : host.lastIndexOf(':');
  const port = colon < 0 ? '' : host.slice(colon);
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const odd = /[\s"#/?@\\^`{|}]/.exec(host)?.[0];
  return odd === undefined ? undefined : `invalid character ${JSON.stringify(odd)} in host name`;
}

function escapeProblem(path: string): string | undefined {
  const broken = /%(?![0-9a-f]{2}).{0,2}/i.exec(path)?.[0];
  return broken === undefined ? undefined : `invalid URL escape ${JSON.stringify(broken)}`;
}

/**
 * Returns the error of Go's `net/http` for a valid URL that it does not request; undefined
 * otherwise.
 */
function transportFailure(text: string): RequestFailure | undefined {
  const { scheme, authority = '' } = partsOf(text);
  if (scheme !== 'http' && scheme !== 'https') {
    return { error: `unsupported protocol scheme ${JSON.stringify(scheme)}`, errorCode: CODE.general };
  }
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host === '') return { error: 'http: no Host in request URL', errorCode: CODE.general };
  const port = /:(\d+)$/.exec(host)?.[1];
  if (port === undefined || Number(port) <= MAX_PORT) return undefined;
  return { error: `dial tcp: address ${port}: invalid port`, errorCode: CODE.dial };
}

/** Hides the password of a URL, as tags show it. */
function withoutPassword(text: string): string {
  return text.replace(/^(https?:\/\/)[^/?#]*@/i, '$1****:****@');
}
