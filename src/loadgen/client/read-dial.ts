import { readHeaderLines, type OptionReader, type Setting } from '../options/option-reader.js';
import type { Layer } from '../options/option-layers.js';
import type { Target, DialPlan, TlsPlan } from './dial-plan.js';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' };

/** Parses a ws:// or wss:// URL; a sentence when it is neither. */
export function parseTarget(given: string): Target | { readonly problem: string } {
  if (!URL.canParse(given)) return { problem: `'${given}' must be a URL such as ws://127.0.0.1:5000/connect` };
  const url = new URL(given);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) return { problem: `'${given}' must begin with ws:// or wss://` };
  if (url.hostname === '') return { problem: `'${given}' names no host` };
  if (url.username !== '' || url.password !== '')
    return { problem: `the URL for ${url.host} must not have a user name or password in it` };
  if (url.hash !== '') return { problem: `'${given}' must not have a fragment (${url.hash})` };
  const port = url.port === '' ? defaultPort : url.port;
  return { given, normalised: `${url.protocol}//${url.hostname}:${port}${url.pathname}${url.search}` };
}

/** Where `loadtest` connects unless told: where `serve` and `devhelpers` listen unless told. */
const DEFAULT_URL = 'ws://127.0.0.1:5000/connect';
/** RFC 6455, 4.1: a token of RFC 2616. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Those of the upgrade itself; a subprotocol has an option of its own. */
const OWN_HEADERS = /^(connection|upgrade|sec-websocket-.*)$/i;

/** The options that only the built-in scenarios obey: a script dials by itself. */
export const DIAL_OPTIONS = [
  'headers',
  'subprotocols',
  'compression',
  'ca',
  'cert',
  'key',
  'serverName',
  'tlsReuse',
] as const;

/** Reads how a built-in scenario dials. */
export function readDial(options: Layer, reader: OptionReader): DialPlan {
  return {
    targets: readTargets(options.get('url'), reader),
    headers: readHeaders(options, reader),
    subprotocols: readSubprotocols(options, reader),
    offersDeflate: reader.flag(options.get('compression')),
    tls: readTls(options, reader),
  };
}

function readTargets(setting: Setting | undefined, reader: OptionReader): readonly Target[] {
  const urls = reader.texts(setting) ?? [DEFAULT_URL];
  const place = setting ?? { path: 'url', origin: '' };
  const targets = urls.map((url) => {
    const given = reader.withScheme(place, url, ['ws', 'wss']);
    const target = parseTarget(given);
    if (!('problem' in target)) return target;
    reader.complain(place, target.problem);
    return { given, normalised: DEFAULT_URL };
  });
  return targets.length === 0 ? [{ given: DEFAULT_URL, normalised: DEFAULT_URL }] : targets;
}

function readHeaders(options: Layer, reader: OptionReader): DialPlan['headers'] {
  const setting = options.get('headers');
  const headers = readHeaderLines(setting, reader);
  for (const [name] of headers) {
    if (setting === undefined || !OWN_HEADERS.test(name)) continue;
    const way = /protocol/i.test(name) ? 'use --subprotocol' : 'leave it out';
    reader.complain(setting, `'${name}' belongs to the handshake; ${way}`);
  }
  const userAgent = reader.text(options.get('userAgent'));
  const hasAgent = headers.some(([name]) => name.toLowerCase() === 'user-agent');
  return userAgent === undefined || hasAgent ? headers : [['User-Agent', userAgent], ...headers];
}

function readSubprotocols(options: Layer, reader: OptionReader): readonly string[] {
  const setting = options.get('subprotocols');
  const subprotocols = reader.texts(setting) ?? [];
  for (const name of subprotocols) {
    if (setting !== undefined && !TOKEN.test(name))
      reader.complain(setting, `'${name}' must be a subprotocol such as graphql-ws`);
  }
  return subprotocols;
}

function readTls(options: Layer, reader: OptionReader): TlsPlan {
  const caFile = reader.text(options.get('ca'));
  const certFile = reader.text(options.get('cert'));
  const keyFile = reader.text(options.get('key'));
  const serverName = reader.text(options.get('serverName'));
  const lonely = options.get(certFile === undefined ? 'key' : 'cert');
  if ((certFile === undefined) !== (keyFile === undefined) && lonely !== undefined) {
    reader.complain(lonely, 'a certificate and its key go together: --cert FILE --key FILE');
  }
  return {
    verifies: !reader.flag(options.get('insecureSkipTLSVerify')),
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(serverName !== undefined && { serverName }),
    reusesSessions: reader.flag(options.get('tlsReuse')),
  };
}
