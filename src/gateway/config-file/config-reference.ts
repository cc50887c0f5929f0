import { SINKS } from '../sinks/index.js';
import type { SinkDefinition } from '../sinks/sink-definition.js';
import { ConfigSchema } from './config-schema.js';
import { environmentVariable } from './environment.js';
import type { SchemaNode } from './schema-node.js';

const HEAD = `# Configuration

YAML, by default \`./config.yml\`; \`--config FILE\` names another. This page is made from the schema in \`src/gateway/config-file/config-schema.ts\`
by \`npx vitest run test/gateway/config -u\`; a test holds the two together.

- **No file at all** (none named, no \`./config.yml\`): the gateway listens on 127.0.0.1:5000 with one endpoint \`/connect\`, whose connections
  get the tag \`foo=bar\`, keeps events for \`GET /events\`, and serves \`/metrics\`.
- **Order**: flags, then environment variables, then the file, then defaults.
- **Environment**: each key has a twin. Text is taken as it is, lists of texts may be separated by commas, everything else is YAML:
  \`WSG_GATEWAY_ENDPOINTS='[{path: /ws}]'\`. An empty one counts for nothing: the file's value stays, else the default (an empty list is \`[]\`). A variable that names no key is a warning;
  those that Kubernetes sets for a Service called \`wsg-gateway\` (\`WSG_GATEWAY_SERVICE_HOST\`, \`WSG_GATEWAY_PORT_8080_TCP\` ...) are passed over.
- **Problems** are reported all at once, each with file, line and column: \`config.yml:12:5 endpoints[0].path: ...\`. Nothing starts then.
- **Unknown keys** are ignored with a warning that names the nearest known one.
- **Numbers** are 0 or more where the table names no other bound.
- **Texts** are what is written: \`1.10\` stays \`1.10\`, \`0x10\` stays \`0x10\`, \`yes\` stays \`yes\`.
- A file that was not named and holds none of these keys is refused: it is somebody else's.
- **Sinks** are on when their \`addr\` or \`url\` is given, several at once. With none, the embedded one serves \`GET /events\`.

## Keys

| key | type | default | environment | |
| --- | --- | --- | --- | --- |
`;

/**
 * The reference page of the configuration in Markdown: every key with type, default, environment
 * twin and sentence.
 */
export function configReference(sinks: readonly SinkDefinition[] = SINKS): string {
  return `${HEAD}${rows(new ConfigSchema(sinks).node, '', []).join('\n')}\n`;
}

/** `path` is undefined below lists of objects: what is there has no environment twin of its own. */
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
  if (node.kind === 'number') return `number${rangeText(node)}`;
  return node.kind === 'string' ? 'text' : node.kind;
}

/** Numbers are zero or more where no other bound is named. */
function rangeText({ minimum, maximum }: SchemaNode): string {
  if (maximum !== undefined) return `, ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined || minimum === 0 ? '' : `, at least ${minimum}`;
}

function defaultText(value: unknown): string {
  if (value === undefined || value === '') return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
