import { nearestName } from '../../core/nearest-name.js';
import type { SchemaNode } from './schema-node.js';
import { readYaml } from './yaml-reader.js';

const PREFIX = 'WSG_GATEWAY_';
/**
 * Variables that Kubernetes sets in every container for a Service whose name begins with
 * `wsg-gateway`: `WSG_GATEWAY_SERVICE_HOST`, `WSG_GATEWAY_SERVICE_PORT_HTTP`,
 * `WSG_GATEWAY_PORT_8080_TCP_ADDR` and so on.
 */
const OF_KUBERNETES =
  /^WSG_GATEWAY_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** A key and its environment variable. */
export interface EnvironmentTwin {
  readonly variable: string;
  readonly path: readonly string[];
  readonly node: SchemaNode;
}

/**
 * The environment variable of every key that is not a map of keys: `WSG_GATEWAY_` and the path,
 * joined by `_`, in upper case.
 */
export function environmentTwins(schema: SchemaNode, path: readonly string[] = []): EnvironmentTwin[] {
  return [...schema.children].flatMap(([key, node]) => {
    const full = [...path, key];
    if (node.kind === 'object') return environmentTwins(node, full);
    return [{ variable: environmentVariable(full), path: full, node }];
  });
}

/** The name of the variable for a path of keys. */
export function environmentVariable(path: readonly string[]): string {
  return PREFIX + path.join('_').toUpperCase();
}

/**
 * The values that the environment sets, and a warning for each variable with the gateway's prefix
 * and without a key.
 */
export interface EnvironmentReading {
  readonly values: readonly { readonly twin: EnvironmentTwin; readonly value: unknown }[];
  readonly warnings: readonly string[];
}

/**
 * Reads the variables with the gateway's prefix. Empty variables are ignored: Compose and Helm set
 * them for values that were not given, and they must not remove the file's API keys. Texts are
 * taken literally, lists of texts may be separated by commas, everything else is YAML.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  schema: SchemaNode,
): EnvironmentReading {
  const twins = new Map(environmentTwins(schema).map((twin) => [twin.variable, twin]));
  const values: { twin: EnvironmentTwin; value: unknown }[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const twin = twins.get(variable);
    if (twin !== undefined) {
      const value = text.trim() === '' ? undefined : readText(text, twin.node);
      if (value !== undefined) values.push({ twin, value });
    } else if (!OF_KUBERNETES.test(variable))
      warnings.push(`${variable}: unknown variable${nearestHint(nearestName(variable, twins.keys()))}`);
  }
  return { values, warnings };
}

/** `; did you mean X?`, or '' without a near name. */
export function nearestHint(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

function readText(text: string, node: SchemaNode): unknown {
  if (node.kind === 'string') return text;
  const trimmed = text.trim();
  if (node.kind === 'list' && node.element?.kind === 'string' && !trimmed.startsWith('[')) {
    return trimmed.split(',').map((part) => part.trim());
  }
  const { value, problems } = readYaml(text, node);
  return problems.length === 0 ? value : text;
}
