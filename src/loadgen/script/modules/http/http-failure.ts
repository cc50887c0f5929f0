import { isIPv6 } from 'node:net';
import { errorMessage, systemErrorCode } from '../../../../core/error.js';
import { tlsProblem, type TlsProblem } from '../../../client/tls-problem.js';
import { brokenHeadText } from './broken-head.js';
import { BrokenExchange, UnreadableBody } from './http-exchange.js';
import type { ScriptRequest } from './http-request.js';
import type { RequestFailure } from './request-url.js';

/** A failure as the script sees it, and its text for the log. */
export interface ReportedFailure extends RequestFailure {
  readonly logged: string;
}

/** Error codes of k6 (k6 docs, "Error codes"). */
const CODE = {
  general: 1000,
  network: 1010,
  timeout: 1050,
  lookup: 1101,
  blocked: 1110,
  refused: 1212,
  reset: 1220,
  record: 1301,
  authority: 1310,
  name: 1311,
  decompression: 1701,
} as const;
/**
 * Node reports ECONNRESET for these, although the peer closed the connection properly but too
 * early.
 */
const EARLY_ENDS: ReadonlyMap<string, string> = new Map([
  ['socket hang up', 'EOF'],
  ['aborted', 'unexpected EOF'],
]);
const CONNECTION_BROKEN = 'net/http: HTTP/1.x transport connection broken';

/**
 * Describes a failure. `logged` starts with method and URL unless a response had begun, as in k6.
 */
export function failureOf(thrown: unknown, request: Pick<ScriptRequest, 'method' | 'url'>): ReportedFailure {
  const isBroken = thrown instanceof BrokenExchange;
  const failure = wordsOf(isBroken ? thrown.cause : thrown, request.url, isBroken ? thrown : undefined);
  if (isBroken && thrown.hasAnswer) return failure;
  return { ...failure, logged: `${requestWords(request.method, request.url.href)}${failure.logged}` };
}

/** Returns the start of Go's request errors: `Get "http://…": `. */
export function requestWords(method: string, target: string): string {
  return `${method.slice(0, 1)}${method.slice(1).toLowerCase()} ${JSON.stringify(target)}: `;
}

function wordsOf(error: unknown, url: URL, broken: BrokenExchange | undefined): ReportedFailure {
  const message = errorMessage(error);
  if (error instanceof UnreadableBody) return plain(message, CODE.decompression);
  const early = EARLY_ENDS.get(message);
  if (early !== undefined) return plain(early);
  if (/blocked pattern/.test(message)) return plain(message, CODE.blocked);
  const tls = tlsProblem(error, url.hostname.replace(/^\[(.*)\]$/, '$1'), broken?.certificate);
  if (tls !== undefined) return ofTls(tls);
  const hasAnswer = broken !== undefined && broken.hasAnswer;
  return ofSystem(error, url, broken) ?? ofNode(error, hasAnswer) ?? plain(message);
}

function ofTls({ kind, text }: TlsProblem): ReportedFailure {
  switch (kind) {
    case 'authority':
      return { error: 'x509: unknown authority', errorCode: CODE.authority, logged: text };
    case 'name':
      return { error: "x509: certificate doesn't match hostname", errorCode: CODE.name, logged: text };
    case 'record':
      return { error: text, errorCode: CODE.record, logged: 'http: server gave HTTP response to HTTPS client' };
    case 'alert':
      return plain(text, CODE.network);
    case 'certificate':
      return plain(text);
  }
}

function ofSystem(error: unknown, url: URL, broken: BrokenExchange | undefined): ReportedFailure | undefined {
  const address = addressOf(error, url);
  const route = broken === undefined || broken.route === '' ? address : broken.route;
  switch (systemErrorCode(error)) {
    case 'ETIMEDOUT':
      return plain('request timeout', CODE.timeout);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { error: 'lookup: no such host', errorCode: CODE.lookup, logged: `lookup ${url.hostname}: no such host` };
    case 'ECONNREFUSED': {
      const logged = `dial tcp ${address}: connect: connection refused`;
      return { error: 'dial: connection refused', errorCode: CODE.refused, logged };
    }
    case 'ECONNRESET':
      return afterDial('read', 'connection reset by peer', route);
    case 'EPIPE':
      return afterDial('write', 'broken pipe', route);
    default:
      return undefined;
  }
}

function afterDial(what: 'read' | 'write', why: string, route: string): ReportedFailure {
  const logged = `${what} tcp ${route}: ${what}: ${why}`;
  return { error: `${what}: ${why}`, errorCode: CODE.reset, logged };
}

/** Describes errors that Node itself raises before sending or while reading. */
function ofNode(error: unknown, hasAnswer: boolean): ReportedFailure | undefined {
  const code = systemErrorCode(error) ?? '';
  if (code.startsWith('HPE_')) return hasAnswer ? ofBody(error, code) : ofHead(error, code);
  const text = unsendableText(errorMessage(error));
  return text === undefined ? undefined : plain(text);
}

function unsendableText(message: string): string | undefined {
  const [, kind, token] = /^(Method|Header name) must be a valid HTTP token \[(".*")\]$/.exec(message) ?? [];
  if (kind !== undefined) return `net/http: invalid ${kind === 'Method' ? 'method' : 'header field name'} ${token}`;
  const [, field] = /^Invalid character in header content \[(".*")\]$/.exec(message) ?? [];
  if (field !== undefined) return `net/http: invalid header field value for ${field}`;
  const [, scheme] = /^Protocol "(.*):" not supported/.exec(message) ?? [];
  return scheme === undefined ? undefined : `unsupported protocol scheme ${JSON.stringify(scheme)}`;
}

function ofBody(error: unknown, code: string): ReportedFailure {
  return plain(code === 'HPE_INVALID_CHUNK_SIZE' ? 'invalid byte in chunk length' : errorMessage(error));
}

function ofHead(error: unknown, code: string): ReportedFailure {
  const packet: unknown = error instanceof Error ? Reflect.get(error, 'rawPacket') : undefined;
  const text = brokenHeadText({ code, ...(Buffer.isBuffer(packet) && { rawPacket: packet }) }) ?? errorMessage(error);
  return { error: text, errorCode: CODE.general, logged: `${CONNECTION_BROKEN}: ${text}` };
}

function addressOf(error: unknown, url: URL): string {
  const at = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const [address, port] = [at('address'), at('port')];
  const host = typeof address === 'string' ? address : url.hostname;
  const usual = url.protocol === 'https:' ? '443' : '80';
  const where = typeof port === 'number' ? String(port) : url.port || usual;
  return isIPv6(host) ? `[${host}]:${where}` : `${host}:${where}`;
}

function plain(text: string, errorCode: number = CODE.general): ReportedFailure {
  return { error: text, errorCode, logged: text };
}
