import { idlePlaceholder, parseTemplate } from '../template/template.js';
import { sinkKey } from '../sinks/sink-definition.js';
import type { ConfigFile } from './config-schema.js';

/** A warning about one key. */
export interface KeyWarning {
  readonly path: readonly string[];
  readonly text: string;
}

/** Warns of placeholders that can only give their default, in the templates of active sinks. */
export function templateWarnings({ endpoints, sinks }: ConfigFile): KeyWarning[] {
  const variables = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.json_extract_vars)));
  return sinks.flatMap(({ name, destination }) => {
    if (destination === undefined) return [];
    const path = [sinkKey(name), destination.key];
    return idleSentences(destination.text, variables).map((text) => ({ path, text }));
  });
}

function idleSentences(template: string, variables: ReadonlySet<string>): string[] {
  return parseTemplate(template).flatMap((part) => {
    const why = typeof part === 'string' ? undefined : idlePlaceholder(part, variables);
    return typeof part === 'string' || why === undefined
      ? []
      : [`'${part.text}' ${why}: it always gives '${part.fallback}'`];
  });
}
