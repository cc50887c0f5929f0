import { isRecord } from '../../core/is-record.js';
import type { RunHeader } from '../../run-file/records.js';
import type { Difference } from './comparison.js';

/** Properties that two runs must have in common to be comparable. */
const DECISIVE = ['scenario', 'script', 'target', 'vus', 'duration', 'plan', 'segment', 'compression', 'tls'] as const;
/** Properties that may differ. They are reported, since they may explain a change. */
const TOLD = ['machine', 'node', 'version', 'threads', 'client'] as const;
export const DIFFERENCE_KEYS: readonly string[] = [...DECISIVE, ...TOLD];

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Keys of differences to ignore, and of differences that make a comparison invalid although they
 * usually do not.
 */
export interface DifferenceRules {
  readonly allowed: readonly string[];
  readonly required: readonly string[];
}

/** Finds the differences between the first run of the base and all other runs. */
export function differencesOf(
  base: readonly RunHeader[],
  next: readonly RunHeader[],
  rules: DifferenceRules,
): readonly Difference[] {
  const [first] = base;
  if (first === undefined) return [];
  const facts = factsOf(first);
  const found = new Map<string, Difference>();
  for (const header of [...base.slice(1), ...next]) {
    const others = factsOf(header);
    for (const key of DIFFERENCE_KEYS) {
      const [one = '', other = ''] = [facts[key], others[key]];
      if (one === other || found.has(key)) continue;
      found.set(key, { key, ...shown(key, one, other), consequence: consequenceOf(key, rules) });
    }
  }
  return [...found.values()];
}

function consequenceOf(key: string, { allowed, required }: DifferenceRules): Difference['consequence'] {
  if (allowed.includes(key)) return 'allowed';
  return required.includes(key) || DECISIVE.some((decisive) => decisive === key) ? 'invalid' : 'warning';
}

function factsOf(header: RunHeader): Readonly<Record<string, string>> {
  const { machine } = header;
  return {
    scenario: header.scenario,
    script: header.scriptHash ?? '',
    target: targetOf(header),
    vus: String(header.vus),
    duration: `${header.durationMs / 1000} s`,
    plan: planOf(header),
    segment: segmentOf(header),
    compression: String(header.compression),
    tls: String(header.tls),
    machine: `${machine.cpuModel}, ${machine.cpus} cores, ${machine.platform} ${machine.arch}`,
    node: header.node,
    version: header.version,
    threads: String(header.threads),
    client: header.client,
  };
}

/** The part of the plan that ran; empty for the whole plan. */
function segmentOf({ segment, share }: RunHeader): string {
  if (segment !== undefined) return segment.text;
  return share === undefined ? '' : `${(share * 100).toFixed(1)} % of the plan`;
}

/** The target as scheme, host, path and query. Loopback hosts are equal, whatever their port. */
function targetOf({ target }: RunHeader): string {
  if (target === undefined) return '';
  return target.normalised
    .split(' ')
    .map((text) => {
      if (!URL.canParse(text)) return text;
      const url = new URL(text);
      const host = LOOPBACK.test(url.hostname) ? 'loopback' : url.host;
      return `${url.protocol}//${host}${url.pathname}${url.search}`;
    })
    .join(' ');
}

/**
 * The plan without the properties that have a key of their own, or that concern the place of
 * execution.
 */
function planOf({ plan }: RunHeader): string {
  const left = new Set([
    'target',
    'targets',
    'url',
    'vus',
    'durationMs',
    'maxVus',
    'preAllocatedVus',
    'isDefaultLoad',
    'threads',
    'seed',
    'localAddresses',
  ]);
  return JSON.stringify(plan, (key, value: unknown) => {
    if (left.has(key)) return undefined;
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Shortens long texts to the part in which they differ. */
function shown(key: string, base: string, next: string): { readonly base: string; readonly next: string } {
  if (key === 'script') return { base: base.slice(0, 12), next: next.slice(0, 12) };
  if (key !== 'plan') return { base, next };
  let at = 0;
  while (base[at] === next[at]) at += 1;
  const from = Math.max(0, base.lastIndexOf(',', at) + 1);
  return { base: base.slice(from, from + 60), next: next.slice(from, from + 60) };
}
