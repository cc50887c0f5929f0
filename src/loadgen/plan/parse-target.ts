import type { Target } from './dial-plan.js';

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
