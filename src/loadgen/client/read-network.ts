import { parseDuration } from '../../core/duration.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { settingIn, type OptionReader, type Setting } from '../options/option-reader.js';
import type { DnsPlan } from './dial-plan.js';
import { isNetwork, parseLocalAddresses } from './local-addresses.js';

/** k6 options for scripts and their clients, as opposed to the plan; undefined if not given. */
export interface RuntimeOptions {
  readonly setupTimeoutMs: number;
  readonly teardownTimeoutMs: number;
  readonly noSetup: boolean;
  readonly noTeardown: boolean;
  /** k6's `throw`: failed requests throw. */
  readonly throwsOnFailure: boolean;
  readonly discardResponseBodies: boolean;
  readonly noCookiesReset: boolean;
  readonly noConnectionReuse: boolean;
  readonly noVuConnectionReuse: boolean;
  readonly insecureSkipTlsVerify: boolean;
  readonly maxRedirects: number;
  readonly batch: number;
  readonly batchPerHost: number;
  /** HTTP requests per second of all virtual users together. */
  readonly rps?: number;
  /** Which parts of HTTP requests and responses are logged. */
  readonly httpDebug?: 'headers' | 'full';
  readonly userAgent?: string;
  /** The system tags of samples; k6's defaults if undefined. */
  readonly systemTags?: readonly string[];
  /** Host names, some with a port, and the addresses that replace them. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Names or `*.name` patterns that must not be connected to. */
  readonly blockHostnames: readonly string[];
  /** Addresses and CIDRs that must not be connected to (k6's `blacklistIPs`). */
  readonly blockedNetworks: readonly string[];
  /**
   * Source addresses of connections, used by virtual users in turn (k6's `localIPs`); empty lets
   * the system choose.
   */
  readonly localAddresses: readonly string[];
  readonly dns: DnsPlan;
}

/** k6's defaults (k6 docs, "dns"). */
/** The default DNS options. An option with the same values is a different object. */
export const DEFAULT_DNS: DnsPlan = { ttlMs: 300_000, select: 'random', policy: 'preferIPv4' };
const SELECTS = ['first', 'random', 'roundRobin'] as const;
const POLICIES = ['preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6', 'any'] as const;

/** Reads source addresses, blocked addresses and DNS options. */
export function readNetwork(options: OptionValues): Pick<RuntimeOptions, 'localAddresses' | 'blockedNetworks' | 'dns'> {
  return {
    localAddresses: readLocalAddresses(options),
    blockedNetworks: readBlocked(options),
    dns: readDns(options.value(OPTIONS.dns), options.reader),
  };
}

function readLocalAddresses(options: OptionValues): readonly string[] {
  const texts = options.value(OPTIONS.localIPs);
  if (texts === undefined) return [];
  const addresses = parseLocalAddresses(texts.join(','));
  if (!('problem' in addresses)) return addresses;
  options.complain(OPTIONS.localIPs, addresses.problem);
  return [];
}

function readBlocked(options: OptionValues): readonly string[] {
  const networks = options.value(OPTIONS.blacklistIPs, []);
  const wrong = networks.filter((network) => !isNetwork(network));
  for (const network of wrong) {
    options.complain(OPTIONS.blacklistIPs, `'${network}' must be an address or a CIDR such as 10.0.0.0/8`);
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
    if (!known.includes(key)) reader.complain(place, `unknown key '${key}'; known are ${known.join(', ')}`);
  }
  return {
    ttlMs: readTtl(settingIn(record, 'ttl', place), reader),
    select: readWord(settingIn(record, 'select', place), SELECTS, reader) ?? DEFAULT_DNS.select,
    policy: readWord(settingIn(record, 'policy', place), POLICIES, reader) ?? DEFAULT_DNS.policy,
  };
}

/** Parses `ttl=5m,select=first,policy=any`, the format of k6's flag. */
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
  reader.complain(setting, `'${text}' must be inf, 0 or a duration such as 5m`);
  return DEFAULT_DNS.ttlMs;
}

function readWord<W extends string>(
  setting: Setting | undefined,
  words: readonly W[],
  reader: OptionReader,
): W | undefined {
  if (setting === undefined) return undefined;
  const word = words.find((candidate) => candidate === setting.value);
  if (word === undefined) reader.complain(setting, `'${String(setting.value)}' must be one of ${words.join(', ')}`);
  return word;
}

/** k6's defaults. */
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_REDIRECTS = 10;
const DEFAULT_BATCH = 20;
const DEFAULT_BATCH_PER_HOST = 6;

/** Reads the options for scripts and their clients from the merged options. */
export function readRuntimeOptions(options: OptionValues): RuntimeOptions {
  const rps = options.value(OPTIONS.rps, 0);
  const debug = options.value(OPTIONS.httpDebug);
  const userAgent = options.value(OPTIONS.userAgent);
  const systemTags = options.value(OPTIONS.systemTags);
  return {
    setupTimeoutMs: options.value(OPTIONS.setupTimeout, DEFAULT_TIMEOUT_MS),
    teardownTimeoutMs: options.value(OPTIONS.teardownTimeout, DEFAULT_TIMEOUT_MS),
    ...readSwitches(options),
    maxRedirects: options.value(OPTIONS.maxRedirects, DEFAULT_REDIRECTS),
    batch: options.value(OPTIONS.batch, DEFAULT_BATCH),
    batchPerHost: options.value(OPTIONS.batchPerHost, DEFAULT_BATCH_PER_HOST),
    ...(rps > 0 && { rps }),
    ...(debug !== undefined && !['', 'false'].includes(debug) && { httpDebug: debug === 'full' ? 'full' : 'headers' }),
    ...(userAgent !== undefined && { userAgent }),
    ...(systemTags !== undefined && { systemTags }),
    hosts: options.value(OPTIONS.hosts, {}),
    blockHostnames: options.value(OPTIONS.blockHostnames, []),
    ...readNetwork(options),
  };
}

function readSwitches(
  options: OptionValues,
): Pick<
  RuntimeOptions,
  | 'noSetup'
  | 'noTeardown'
  | 'throwsOnFailure'
  | 'discardResponseBodies'
  | 'noCookiesReset'
  | 'noConnectionReuse'
  | 'noVuConnectionReuse'
  | 'insecureSkipTlsVerify'
> {
  return {
    noSetup: options.value(OPTIONS.noSetup, false),
    noTeardown: options.value(OPTIONS.noTeardown, false),
    throwsOnFailure: options.value(OPTIONS.throw, false),
    discardResponseBodies: options.value(OPTIONS.discardResponseBodies, false),
    noCookiesReset: options.value(OPTIONS.noCookiesReset, false),
    noConnectionReuse: options.value(OPTIONS.noConnectionReuse, false),
    noVuConnectionReuse: options.value(OPTIONS.noVUConnectionReuse, false),
    insecureSkipTlsVerify: options.value(OPTIONS.insecureSkipTLSVerify, false),
  };
}
