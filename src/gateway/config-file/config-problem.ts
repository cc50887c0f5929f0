import type { z } from 'zod';

/** Paths of the internal API, which no endpoint may take. */
export const INTERNAL_PATHS = [
  '/send',
  '/settags',
  '/close',
  '/status',
  '/tree',
  '/events',
  '/metrics',
  '/healthz',
  '/readyz',
] as const;

/**
 * Why `path` cannot be an endpoint's, as what follows its name in a sentence; undefined when it
 * can.
 */
export function endpointPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `'${path}' does not begin with /`;
  if (!/^[A-Za-z0-9._~!$&'()+,;=@/-]+$/.test(path)) return `'${path}' holds a character that no endpoint path may have`;
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path)) return `'${path}' is not in its shortest form`;
  const taken = INTERNAL_PATHS.find((internal) => internal === path);
  return taken === undefined ? undefined : `'${path}' is the internal API's ${taken}`;
}

/** `endpoints[0].path` of a path of keys and positions. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/**
 * Keys whose values may hold a password, a token or a key: a problem with them is told without
 * them.
 */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'addr',
  'url',
  'jwks_url',
  'secret',
  'internal_api_keys',
  'headers',
  'options',
]);

const STRUCTURES: ReadonlySet<string> = new Set(['array', 'object', 'record']);

/** What a problem says of its key, in words. */
export function problemSentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue);
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, not ${shown(issue)}`;
    case 'too_small':
      return boundProblem(issue, `at least ${issue.minimum}`);
    case 'too_big':
      return boundProblem(issue, `at most ${issue.maximum}`);
    case 'invalid_key':
      return issue.issues.map((inner) => `'${String(issue.path.at(-1))}' ${inner.message}`).join('; ');
    case 'custom':
    case 'invalid_format':
      return custom(issue);
    default:
      return issue.message;
  }
}

function typeProblem(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.input === undefined) return 'is missing';
  // A text in place of many keys may hold any of them: a variable of the environment that is no
  // YAML.
  const isWhole = typeof issue.input === 'string' && STRUCTURES.has(issue.expected);
  return `must be ${typeName(issue.expected)}, not ${isWhole ? 'a text' : shown(issue)}`;
}

function boundProblem(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, bound: string): string {
  if (typeof issue.input === 'number') return `must be ${bound}, not ${issue.input}`;
  return issue.input === '' ? 'must not be empty' : issue.message;
}

/**
 * Our own messages either name the value or begin with `is`, `may` or `must` and get it put in
 * front.
 */
function custom(issue: z.core.$ZodIssue): string {
  const named = /^(is|may) /.test(issue.message) && typeof issue.input === 'string' && !isSecret(issue.path);
  return named ? `'${issue.input}' ${issue.message}` : issue.message;
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
    int: 'a whole number',
  };
  return names[expected] ?? `a ${expected}`;
}

function shown({ input, path }: z.core.$ZodIssue): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map of keys';
  if (isSecret(path)) return typeof input === 'string' ? 'a text' : `a ${typeof input}`;
  return typeof input === 'string' ? `'${input}'` : (JSON.stringify(input) ?? 'nothing');
}

function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some((key) => typeof key === 'string' && SECRET_KEYS.has(key));
}
