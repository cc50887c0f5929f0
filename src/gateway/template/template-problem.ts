import { parseTemplate, type Placeholder } from './template.js';

/** What is wrong with a template, as the end of a sentence that begins with it; undefined when nothing is. */
export function templateProblem(text: string): string | undefined {
  const parts = parseTemplate(text);
  const brace = /[{}]/.exec(parts.filter((part) => typeof part === 'string').join(''))?.[0];
  if (brace !== undefined)
    return `is not a template: '${brace}' belongs to no placeholder such as {tag.room} or {json.user:none}`;
  const nameless = parts.find((part) => typeof part !== 'string' && part.source !== 'unknown' && part.name === '');
  return typeof nameless === 'object' ? `is not a template: '${nameless.text}' has no name` : undefined;
}

/** Why a placeholder always gives its default, as the end of a sentence that begins with it; undefined when it may give more. */
export function idlePlaceholder({ source, name }: Placeholder, variables: ReadonlySet<string>): string | undefined {
  if (source === 'unknown') return "begins with neither 'tag.' nor 'json.'";
  return source === 'json' && !variables.has(name) ? 'is a variable that no `json_extract_vars` defines' : undefined;
}
