import { parseDuration } from '../../core/duration.js';
import type { Layer } from '../options/option-layers.js';
import { settingIn, type OptionReader, type Setting } from '../options/option-reader.js';
import type { DnsPlan } from './dial-plan.js';
import { isNetwork, parseLocalAddresses } from './local-addresses.js';

/**
 * Options of k6 that scripts and their clients obey, not the plan; undefined where nothing was
 * said.
 */
export interface RuntimeOptions {
  readonly setupTimeoutMs: number;
  readonly teardownTimeoutMs: number;
  readonly noSetup: boolean;
  readonly noTeardown: boolean;
  /** k6's `throw`: failed requests are exceptions. */
  readonly throwsOnFailure: boolean;
  readonly discardResponseBodies: boolean;
  readonly noCookiesReset: boolean;
  readonly noConnectionReuse: boolean;
  readonly noVuConnectionReuse: boolean;
  readonly insecureSkipTlsVerify: boolean;
  readonly maxRedirects: number;
  readonly batch: number;
  readonly batchPerHost: number;
  /** HTTP requests a second, of all virtual users together. */
  readonly rps?: number;
  /** What is logged of HTTP requests and their answers. */
  readonly httpDebug?: 'headers' | 'full';
  readonly userAgent?: string;
  /** Which of k6's system tags samples have; k6's defaults when undefined. */
  readonly systemTags?: readonly string[];
  /** Names, some with a port, and the addresses that stand for them. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Names or `*.name` that may not be connected to. */
  readonly blockHostnames: readonly string[];
  /** Addresses and CIDRs that may not be connected to (k6's `blacklistIPs`). */
  readonly blockedNetworks: readonly string[];
  /**
   * Where connections leave from, virtual users in turns (k6's `localIPs`); empty for where the
   * machine says.
   */
  readonly localAddresses: readonly string[];
  readonly dns: DnsPlan;
}

/** k6's defaults (k6 docs, "dns"). */
/** What holds where nothing was said; an option that says the same is another object. */
export const DEFAULT_DNS: DnsPlan = { ttlMs: 300_000, select: 'random', policy: 'preferIPv4' };
const SELECTS = ['first', 'random', 'roundRobin'] as const;
const POLICIES = ['preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6', 'any'] as const;

/**
 * Reads from which addresses connections leave, to which they may not go, and how names become
 * addresses.
 */
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

/** k6's defaults. */
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_REDIRECTS = 10;
const DEFAULT_BATCH = 20;
const DEFAULT_BATCH_PER_HOST = 6;

/** What scripts and their clients obey, of the merged options. */
export function readRuntimeOptions(options: Layer, reader: OptionReader): RuntimeOptions {
  const flag = (name: string): boolean => reader.flag(options.get(name));
  const timeout = (name: string): number =>
    reader.duration(options.get(name), { leastMs: 0, otherwise: DEFAULT_TIMEOUT_MS });
  const integer = (name: string, least: number, otherwise: number): number =>
    reader.integer(options.get(name), { least, otherwise });
  const rps = reader.integer(options.get('rps'), { least: -1, otherwise: 0 });
  const debug = reader.text(options.get('httpDebug'));
  const userAgent = reader.text(options.get('userAgent'));
  const systemTags = reader.texts(options.get('systemTags'));
  return {
    setupTimeoutMs: timeout('setupTimeout'),
    teardownTimeoutMs: timeout('teardownTimeout'),
    noSetup: flag('noSetup'),
    noTeardown: flag('noTeardown'),
    throwsOnFailure: flag('throw'),
    discardResponseBodies: flag('discardResponseBodies'),
    noCookiesReset: flag('noCookiesReset'),
    noConnectionReuse: flag('noConnectionReuse'),
    noVuConnectionReuse: flag('noVUConnectionReuse'),
    insecureSkipTlsVerify: flag('insecureSkipTLSVerify'),
    maxRedirects: integer('maxRedirects', 0, DEFAULT_REDIRECTS),
    batch: integer('batch', 1, DEFAULT_BATCH),
    batchPerHost: integer('batchPerHost', 0, DEFAULT_BATCH_PER_HOST),
    ...(rps > 0 && { rps }),
    ...(debug !== undefined && !['', 'false'].includes(debug) && { httpDebug: debug === 'full' ? 'full' : 'headers' }),
    ...(userAgent !== undefined && { userAgent }),
    ...(systemTags !== undefined && { systemTags }),
    hosts: reader.textMap(options.get('hosts')),
    blockHostnames: reader.texts(options.get('blockHostnames')) ?? [],
    ...readNetwork(options, reader),
  };
}
