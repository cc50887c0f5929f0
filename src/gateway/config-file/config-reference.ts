import { SINKS } from '../sinks/index.js';
import type { SinkDefinition } from '../sinks/sink-definition.js';
import { ConfigSchema } from './config-schema.js';
import { environmentVariable } from './environment.js';
import type { SchemaNode } from './schema-node.js';

const HEAD = `# Configuration

YAML, by default in \`./config.yml\`; \`--config FILE\` names another file. This page is generated from
the schema in \`src/gateway/config-file/config-schema.ts\` and the definitions of the sinks by
\`npx vitest run test/gateway/config-file -u\`; a test holds them together.

- **Without a file** (none named, no \`./config.yml\`) the gateway listens on 127.0.0.1:5000 with one
  endpoint \`/connect\`, whose connections get the tag \`foo=bar\`. It keeps events for \`GET /events\`,
  and serves \`/metrics\`.
- **Precedence**: flags, then environment variables, then the file, then defaults.
- **Environment**: each key has a variable. Texts are taken literally, lists of texts may be
  separated by commas, everything else is YAML: \`WSG_GATEWAY_ENDPOINTS='[{path: /ws}]'\`. Empty
  variables are ignored (an empty list is \`[]\`). A variable without a key is a warning. Variables
  that Kubernetes sets for a Service called \`wsg-gateway\` (\`WSG_GATEWAY_SERVICE_HOST\`,
  \`WSG_GATEWAY_PORT_8080_TCP\` ...) are ignored.
- **Problems** are reported all at once, each with file, line and column:
  \`config.yml:12:5 endpoints[0].path: ...\`. The gateway does not start then.
- **Unknown keys** are ignored with a warning that contains the nearest known key.
- **Numbers** are 0 or more unless the table has another bound.
- **Texts** keep their spelling: \`1.10\` stays \`1.10\`, \`0x10\` stays \`0x10\`, \`yes\` stays \`yes\`.
- A \`./config.yml\` without any of these keys is rejected, because it belongs to another program.
- **Sinks** are on when their \`addr\` or \`url\` is set; several may be on. Without any, the embedded
  sink serves \`GET /events\`.

## Keys

| key | type | default | environment | |
| --- | --- | --- | --- | --- |
`;

/**
 * The reference page of the configuration in Markdown: every key with type, default, environment
 * variable and description.
 */
export function configReference(sinks: readonly SinkDefinition[] = SINKS): string {
  return `${HEAD}${rows(new ConfigSchema(sinks).node, '', []).join('\n')}\n`;
}

/** `path` is undefined below lists of objects, whose keys have no environment variable. */
function rows(node: SchemaNode, prefix: string, path: readonly string[] | undefined): string[] {
  return [...node.children].flatMap(([key, child]) => {
    const name = prefix + key;
    const below = path && [...path, key];
    if (child.kind === 'object') return rows(child, `${name}.`, below);
    const inner = child.element?.kind === 'object' ? rows(child.element, `${name}[].`, undefined) : [];
    return [row(name, child, below), ...inner];
  });
}

function row(name: string, node: SchemaNode, path: readonly string[] | undefined): string {
  const variable = path === undefined ? '' : `\`${environmentVariable(path)}\``;
  return `| \`${name}\` | ${typeText(node)} | ${defaultText(node.defaultValue)} | ${variable} | ${node.description} |`;
}

function typeText(node: SchemaNode): string {
  if (node.choices.length > 0) return node.choices.map((choice) => `\`${choice}\``).join(', ');
  if (node.kind === 'list') return node.element?.kind === 'object' ? 'list of maps' : 'list of texts';
  if (node.kind === 'map') return node.element?.kind === 'string' ? 'map of texts' : 'map';
  if (node.kind === 'number') return `number${rangeText(node)}${node.words.map((word) => `, or \`${word}\``).join('')}`;
  return node.kind === 'string' ? 'text' : node.kind;
}

/** Omits the common minimum of 0. */
function rangeText({ minimum, maximum }: SchemaNode): string {
  if (maximum !== undefined) return `, ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined || minimum === 0 ? '' : `, at least ${minimum}`;
}

function defaultText(value: unknown): string {
  if (value === undefined || value === '') return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
