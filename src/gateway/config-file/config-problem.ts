import type { z } from 'zod';

/** Paths of the internal API, which no endpoint may take. */
export const INTERNAL_PATHS = [
  '/send',
  '/settags',
  '/close',
  '/batch',
  '/status',
  '/tree',
  '/nodes',
  '/events',
  '/metrics',
  '/healthz',
  '/readyz',
] as const;

/**
 * Why `path` cannot be an endpoint's path, as the part of a sentence after the key's name;
 * undefined when it can.
 */
export function endpointPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `'${path}' must begin with /`;
  if (!/^[A-Za-z0-9._~!$&'()+,;=@/-]+$/.test(path))
    return `'${path}' must consist of the characters that a path may have`;
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path)) return `'${path}' must not have empty, . or .. segments`;
  const taken = INTERNAL_PATHS.find((internal) => internal === path);
  return taken === undefined ? undefined : `'${path}' is a path of the internal API`;
}

/** Formats a path of keys and positions: `endpoints[0].path`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/**
 * Keys, besides those of sinks, whose values may contain a password, a token or a key. Their
 * problems are reported without the value.
 */
export const SECRET_KEYS = ['addr', 'url', 'jwks_url', 'secret', 'internal_api_keys', 'headers', 'options'] as const;

const STRUCTURES: ReadonlySet<string> = new Set(['array', 'object', 'record']);

/**
 * A problem as the part of a sentence after the key's name, without the value when one of
 * `secretKeys` is in its path.
 */
export function problemSentence(issue: z.core.$ZodIssue, secretKeys: ReadonlySet<string>): string {
  const isSecret = issue.path.some((key) => typeof key === 'string' && secretKeys.has(key));
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue, isSecret);
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, not ${shown(issue, isSecret)}`;
    case 'too_small':
      return boundProblem(issue, `at least ${issue.minimum}`);
    case 'too_big':
      return boundProblem(issue, `at most ${issue.maximum}`);
    case 'invalid_key':
      return issue.issues.map((inner) => `'${String(issue.path.at(-1))}' ${inner.message}`).join('; ');
    case 'custom':
    case 'invalid_format':
      return custom(issue, isSecret);
    default:
      return issue.message;
  }
}

function typeProblem(issue: z.core.$ZodIssueInvalidType, isSecret: boolean): string {
  if (issue.input === undefined) return 'is missing';
  // A text instead of a map or list may contain any of its values, for example an environment
  // variable that is not YAML.
  const isWhole = typeof issue.input === 'string' && STRUCTURES.has(issue.expected);
  return `must be ${typeName(issue.expected)}, not ${isWhole ? 'a text' : shown(issue, isSecret)}`;
}

function boundProblem(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, bound: string): string {
  if (typeof issue.input === 'number') return `must be ${bound}, not ${issue.input}`;
  return issue.input === '' ? 'must not be empty' : issue.message;
}

/**
 * Messages of this schema either contain the value, or begin with `is`, `may` or `must` and get it
 * prepended.
 */
function custom(issue: z.core.$ZodIssue, isSecret: boolean): string {
  const named = /^(is|may) /.test(issue.message) && typeof issue.input === 'string' && !isSecret;
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

function shown({ input }: z.core.$ZodIssue, isSecret: boolean): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map of keys';
  if (isSecret) return typeof input === 'string' ? 'a text' : `a ${typeof input}`;
  return typeof input === 'string' ? `'${input}'` : (JSON.stringify(input) ?? 'nothing');
}
