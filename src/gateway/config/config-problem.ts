import type { z } from 'zod';

/** `endpoints[0].path` of a path of keys and positions. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** What a problem says of its key, in words. */
export function problemSentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue);
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, not ${shown(issue.input)}`;
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
  return issue.input === undefined ? 'is missing' : `must be ${typeName(issue.expected)}, not ${shown(issue.input)}`;
}

function boundProblem(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, bound: string): string {
  if (typeof issue.input === 'number') return `must be ${bound}, not ${issue.input}`;
  return issue.input === '' ? 'must not be empty' : issue.message;
}

/** Our own messages either name the value or begin with `is`, `may` or `must` and get it put in front. */
function custom(issue: z.core.$ZodIssue): string {
  const named = /^(is|may) /.test(issue.message) && typeof issue.input === 'string';
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

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'nothing');
}
