import type { z } from 'zod';

/** A placeholder of a template. */
export interface Placeholder {
  /**
   * `tag`: a tag of the connection. `json`: a variable of the endpoint. `unknown`: any other word,
   * which always gives the fallback.
   */
  readonly source: 'tag' | 'json' | 'unknown';
  readonly name: string;
  /** Replaces a value that is missing or empty. */
  readonly fallback: string;
  /** The placeholder's text in the template. */
  readonly text: string;
}

/** A parsed template: texts and placeholders in their order. */
export type Template = readonly (string | Placeholder)[];

const PLACEHOLDER = /\{([a-zA-Z0-9_\-:.]+)\}/g;
const DEFAULT_FALLBACK = '_';

/** Parses a template. Everything that does not look like a placeholder is text. */
export function parseTemplate(text: string): Template {
  const parts: (string | Placeholder)[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(parsePlaceholder(match[0], match[1] ?? ''));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Whether a text differs between connections or messages. */
export function hasPlaceholder(text: string): boolean {
  return parseTemplate(text).some((part) => typeof part !== 'string');
}

/** A default may contain colons, and may be empty; a name may contain dots. */
function parsePlaceholder(text: string, inner: string): Placeholder {
  const colon = inner.indexOf(':');
  const path = colon < 0 ? inner : inner.slice(0, colon);
  const fallback = colon < 0 ? DEFAULT_FALLBACK : inner.slice(colon + 1);
  const dot = path.indexOf('.');
  const prefix = path.slice(0, Math.max(0, dot));
  const source = prefix === 'tag' || prefix === 'json' ? prefix : 'unknown';
  return { source, name: path.slice(dot + 1), fallback, text };
}

/** A key of the configuration that may hold placeholders. */
export function template(text: z.ZodString): z.ZodString {
  return text.superRefine((value, context) => {
    const message = templateProblem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/**
 * The problem with a template, as the end of a sentence that begins with the template; undefined
 * when it is valid.
 */
function templateProblem(text: string): string | undefined {
  const parts = parseTemplate(text);
  const brace = /[{}]/.exec(parts.filter((part) => typeof part === 'string').join(''))?.[0];
  if (brace !== undefined)
    return `is not a template: '${brace}' must be part of a placeholder such as {tag.room} or {json.user:none}`;
  const nameless = parts.find((part) => typeof part !== 'string' && part.source !== 'unknown' && part.name === '');
  return typeof nameless === 'object' ? `is not a template: '${nameless.text}' has no name` : undefined;
}

/**
 * Why a placeholder always gives its default, as the end of a sentence that begins with the
 * placeholder; undefined when it can have a value.
 */
export function idlePlaceholder({ source, name }: Placeholder, variables: ReadonlySet<string>): string | undefined {
  if (source === 'unknown') return "begins with neither 'tag.' nor 'json.'";
  return source === 'json' && !variables.has(name) ? 'is a variable that no `json_extract_vars` defines' : undefined;
}
