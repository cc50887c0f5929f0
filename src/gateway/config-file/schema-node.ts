import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * One key of a schema, or the element of a list or map, as the readers of file and environment and
 * the reference page need it.
 */
export interface SchemaNode {
  readonly kind: 'object' | 'map' | 'list' | 'string' | 'number' | 'boolean' | 'any';
  /** The keys of an object; empty for other kinds. */
  readonly children: ReadonlyMap<string, SchemaNode>;
  /** The element of a list or map. */
  readonly element: SchemaNode | undefined;
  readonly description: string;
  readonly defaultValue: unknown;
  /** The allowed values of an enumeration. */
  readonly choices: readonly string[];
  /** Words that are allowed besides the values of the kind. */
  readonly words: readonly string[];
  /** The inclusive bounds of a number, when the schema states them. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/** Converts a zod schema to nodes. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return toNode(z.toJSONSchema(schema, { io: 'input' }));
}

function toNode(schema: JsonSchema): SchemaNode {
  const children = new Map<string, SchemaNode>();
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (typeof child === 'object') children.set(key, toNode(child));
  }
  const { values, words } = withoutWords(schema);
  return {
    kind: kindOf(values),
    children,
    element: elementOf(schema),
    description: schema.description ?? '',
    defaultValue: schema.default,
    choices: (schema.enum ?? []).map(String),
    words,
    minimum: statedBound(values.minimum),
    maximum: statedBound(values.maximum),
  };
}

/** Separates the words of a union such as `number | 'auto'` from its values. */
function withoutWords(schema: JsonSchema): { readonly values: JsonSchema; readonly words: readonly string[] } {
  const members = (schema.anyOf ?? []).filter((member) => typeof member === 'object');
  const words = members.flatMap((member) => (typeof member.const === 'string' ? [member.const] : []));
  const [values, ...others] = members.filter((member) => member.const === undefined);
  return values === undefined || others.length > 0 ? { values: schema, words: [] } : { values, words };
}

/** Undefined for the bounds of safe integers, which zod adds to every integer. */
function statedBound(bound: number | undefined): number | undefined {
  return bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound;
}

function kindOf(schema: JsonSchema): SchemaNode['kind'] {
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'string' || schema.type === 'boolean') return schema.type;
  if (schema.type === 'array') return 'list';
  if (schema.type !== 'object') return 'any';
  return schema.properties === undefined ? 'map' : 'object';
}

function elementOf(schema: JsonSchema): SchemaNode | undefined {
  const held = schema.type === 'array' ? schema.items : schema.additionalProperties;
  return typeof held === 'object' && !Array.isArray(held) ? toNode(held) : undefined;
}
