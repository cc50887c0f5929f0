import { parseDuration } from '../../core/duration.js';
import type { DnsPlan } from './dial-plan.js';
import { isNetwork, parseLocalAddresses } from './local-addresses.js';
import type { Layer } from './option-layers.js';
import { settingIn, type OptionReader, type Setting } from './option-reader.js';
import type { RuntimeOptions } from './runtime-options.js';

/** k6's defaults (k6 docs, "dns"). */
/** What holds where nothing was said; an option that says the same is another object. */
export const DEFAULT_DNS: DnsPlan = { ttlMs: 300_000, select: 'random', policy: 'preferIPv4' };
const SELECTS = ['first', 'random', 'roundRobin'] as const;
const POLICIES = ['preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6', 'any'] as const;

/** Reads from which addresses connections leave, to which they may not go, and how names become addresses. */
export function readNetwork(
  options: Layer,
  reader: OptionReader,
): Pick<RuntimeOptions, 'localAddresses' | 'blockedNetworks' | 'dns'> {
  return {
    localAddresses: readLocalAddresses(options.get('localIPs'), reader),
    blockedNetworks: readBlocked(options.get('blacklistIPs'), reader),
    dns: readDns(options.get('dns'), reader),
  };
}

function readLocalAddresses(setting: Setting | undefined, reader: OptionReader): readonly string[] {
  if (setting === undefined) return [];
  const addresses = parseLocalAddresses((reader.texts(setting) ?? []).join(','));
  if (!('problem' in addresses)) return addresses;
  reader.complain(setting, addresses.problem);
  return [];
}

function readBlocked(setting: Setting | undefined, reader: OptionReader): readonly string[] {
  const networks = reader.texts(setting) ?? [];
  const wrong = networks.filter((network) => !isNetwork(network));
  for (const network of wrong) {
    if (setting !== undefined)
      reader.complain(setting, `'${network}' is neither an address nor a CIDR such as 10.0.0.0/8`);
  }
  return networks.filter((network) => !wrong.includes(network));
}

function readDns(setting: Setting | undefined, reader: OptionReader): DnsPlan {
  if (setting === undefined) return DEFAULT_DNS;
  const place = typeof setting.value === 'string' ? { ...setting, value: pairsOf(setting.value) } : setting;
  const record = reader.record(place);
  if (record === undefined) return DEFAULT_DNS;
  const known = ['ttl', 'select', 'policy'];
  for (const key of Object.keys(record)) {
    if (!known.includes(key)) reader.complain(place, `there is no '${key}' in it, only ${known.join(', ')}`);
  }
  return {
    ttlMs: readTtl(settingIn(record, 'ttl', place), reader),
    select: readWord(settingIn(record, 'select', place), SELECTS, reader) ?? DEFAULT_DNS.select,
    policy: readWord(settingIn(record, 'policy', place), POLICIES, reader) ?? DEFAULT_DNS.policy,
  };
}

/** `ttl=5m,select=first,policy=any`, as k6's flag has it. */
function pairsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}

function readTtl(setting: Setting | undefined, reader: OptionReader): number {
  if (setting === undefined) return DEFAULT_DNS.ttlMs;
  const text = String(setting.value);
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  const ttlMs = parseDuration(text);
  if (ttlMs !== undefined && ttlMs >= 0) return ttlMs;
  reader.complain(setting, `'${text}' is neither inf, 0 nor a duration such as 5m`);
  return DEFAULT_DNS.ttlMs;
}

function readWord<W extends string>(
  setting: Setting | undefined,
  words: readonly W[],
  reader: OptionReader,
): W | undefined {
  if (setting === undefined) return undefined;
  const word = words.find((candidate) => candidate === setting.value);
  if (word === undefined) reader.complain(setting, `'${String(setting.value)}' is none of ${words.join(', ')}`);
  return word;
}
