import { isRecord } from '../../core/is-record.js';
import type { RunHeader } from '../../run-file/records.js';
import type { Difference } from './comparison.js';

/** What two runs have to have in common; without it they cannot be compared. */
const DECISIVE = ['scenario', 'script', 'target', 'vus', 'duration', 'plan', 'compression', 'tls'] as const;
/** What may differ, and may be why figures do. */
const TOLD = ['machine', 'node', 'version', 'threads', 'client'] as const;
export const DIFFERENCE_KEYS: readonly string[] = [...DECISIVE, ...TOLD];

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Keys of differences that do not matter, and of those that decide although they usually do not.
 */
export interface DifferenceRules {
  readonly allowed: readonly string[];
  readonly required: readonly string[];
}

/** How the runs of both sides differ from the first one of the base. */
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
    compression: String(header.compression),
    tls: String(header.tls),
    machine: `${machine.cpuModel}, ${machine.cpus} cores, ${machine.platform} ${machine.arch}`,
    node: header.node,
    version: header.version,
    threads: String(header.threads),
    client: header.client,
  };
}

/** Scheme, path and query, and the host unless it is this machine, whose ports change. */
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

/** The plan without what has a key of its own, or says where and not what. */
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

/** Of long texts the part where they part. */
function shown(key: string, base: string, next: string): { readonly base: string; readonly next: string } {
  if (key === 'script') return { base: base.slice(0, 12), next: next.slice(0, 12) };
  if (key !== 'plan') return { base, next };
  let at = 0;
  while (base[at] === next[at]) at += 1;
  const from = Math.max(0, base.lastIndexOf(',', at) + 1);
  return { base: base.slice(from, from + 60), next: next.slice(from, from + 60) };
}
