import type { DialWishes } from '../../client/dial-target.js';
import type { RuntimeOptions } from '../../plan/runtime-options.js';

/** What k6's options `hosts` and `blockHostnames` say of a URL: another address, or none. Throws when its host is blocked. */
export function hostOverride(url: URL, { hosts, blockHostnames }: RuntimeOptions): Pick<DialWishes, 'address'> {
  const name = url.hostname.toLowerCase();
  const blocked = blockHostnames.find((pattern) => matches(name, pattern.toLowerCase()));
  if (blocked !== undefined) throw new Error(`hostname (${name}) is in a blocked pattern (${blocked})`);
  const key = Object.keys(hosts).find((candidate) => candidate === url.host || matches(name, candidate.toLowerCase()));
  const value = key === undefined ? undefined : hosts[key];
  if (value === undefined) return {};
  const { host, port } = /^\[?(?<host>[^[\]]*?)\]?(?::(?<port>\d+))?$/.exec(value)?.groups ?? {};
  return { address: { host: host ?? value, ...(port !== undefined && { port: Number(port) }) } };
}

/** k6's patterns: a name, or `*.` and a name. */
function matches(name: string, pattern: string): boolean {
  return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
