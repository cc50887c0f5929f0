import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import type { Target, DialPlan, TlsPlan } from './dial-plan.js';
import type { RuntimeOptions } from './read-network.js';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' };

/** Parses a ws:// or wss:// URL. Returns a sentence if it is invalid. */
export function parseTarget(given: string): Target | { readonly problem: string } {
  if (!URL.canParse(given)) return { problem: `'${given}' must be a URL such as ws://127.0.0.1:5000/connect` };
  const url = new URL(given);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) return { problem: `'${given}' must begin with ws:// or wss://` };
  if (url.hostname === '') return { problem: `'${given}' must have a host` };
  if (url.username !== '' || url.password !== '')
    return { problem: `the URL for ${url.host} must not contain a user name or password` };
  if (url.hash !== '') return { problem: `'${given}' must not contain a fragment (${url.hash})` };
  const port = url.port === '' ? defaultPort : url.port;
  return { given, normalised: `${url.protocol}//${url.hostname}:${port}${url.pathname}${url.search}` };
}

/** Default target of `loadtest`: the default address of `serve` and `devhelpers`. */
const DEFAULT_URL = 'ws://127.0.0.1:5000/connect';
/** RFC 6455, 4.1: a token of RFC 2616. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Headers of the upgrade itself. Subprotocols have an option of their own. */
const OWN_HEADERS = /^(connection|upgrade|sec-websocket-.*)$/i;

/** Reads the dial options of a built-in scenario. */
export function readDial(
  options: OptionValues,
  runtime: Pick<RuntimeOptions, 'userAgent' | 'insecureSkipTlsVerify'>,
): DialPlan {
  return {
    targets: readTargets(options),
    headers: readHeaders(options, runtime.userAgent),
    subprotocols: readSubprotocols(options),
    offersDeflate: options.value(OPTIONS.compression, false),
    tls: readTls(options, !runtime.insecureSkipTlsVerify),
  };
}

function readTargets(options: OptionValues): readonly Target[] {
  const urls = options.value(OPTIONS.url, [DEFAULT_URL]);
  const place = options.place(OPTIONS.url);
  const targets = urls.map((url) => {
    const given = options.reader.withScheme(place, url, ['ws', 'wss']);
    const target = parseTarget(given);
    if (!('problem' in target)) return target;
    options.reader.complain(place, target.problem);
    return { given, normalised: DEFAULT_URL };
  });
  return targets.length === 0 ? [{ given: DEFAULT_URL, normalised: DEFAULT_URL }] : targets;
}

function readHeaders(options: OptionValues, userAgent: string | undefined): DialPlan['headers'] {
  const headers = options.value(OPTIONS.headers, []);
  for (const [name] of headers) {
    if (!OWN_HEADERS.test(name)) continue;
    const way = /protocol/i.test(name) ? 'use --subprotocol' : 'leave it out';
    options.complain(OPTIONS.headers, `'${name}' belongs to the handshake; ${way}`);
  }
  const hasAgent = headers.some(([name]) => name.toLowerCase() === 'user-agent');
  return userAgent === undefined || hasAgent ? headers : [['User-Agent', userAgent], ...headers];
}

function readSubprotocols(options: OptionValues): readonly string[] {
  const subprotocols = options.value(OPTIONS.subprotocols, []);
  for (const name of subprotocols) {
    if (!TOKEN.test(name)) options.complain(OPTIONS.subprotocols, `'${name}' must be a subprotocol such as graphql-ws`);
  }
  return subprotocols;
}

function readTls(options: OptionValues, verifies: boolean): TlsPlan {
  const caFile = options.value(OPTIONS.ca);
  const certFile = options.value(OPTIONS.cert);
  const keyFile = options.value(OPTIONS.key);
  const serverName = options.value(OPTIONS.serverName);
  const lonely = certFile === undefined ? OPTIONS.key : OPTIONS.cert;
  if ((certFile === undefined) !== (keyFile === undefined) && options.has(lonely)) {
    options.complain(lonely, 'a certificate and its key go together: --cert FILE --key FILE');
  }
  return {
    verifies,
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(serverName !== undefined && { serverName }),
    reusesSessions: options.value(OPTIONS.tlsReuse, false),
  };
}
