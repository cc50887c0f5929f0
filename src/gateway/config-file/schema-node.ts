import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * One key of a schema, or what a list or map holds: what reading a file, the environment and the
 * reference page need to know.
 */
export interface SchemaNode {
  readonly kind: 'object' | 'map' | 'list' | 'string' | 'number' | 'boolean' | 'any';
  /** Only of objects. */
  readonly children: ReadonlyMap<string, SchemaNode>;
  /** Of lists and maps: what they hold. */
  readonly element: SchemaNode | undefined;
  readonly description: string;
  readonly defaultValue: unknown;
  /** The only values allowed, when they are few. */
  readonly choices: readonly string[];
  /** Of numbers, inclusive, where the schema states them. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/** Reads a zod schema as nodes. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return toNode(z.toJSONSchema(schema, { io: 'input' }));
}

function toNode(schema: JsonSchema): SchemaNode {
  const children = new Map<string, SchemaNode>();
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (typeof child === 'object') children.set(key, toNode(child));
  }
  return {
    kind: kindOf(schema),
    children,
    element: elementOf(schema),
    description: schema.description ?? '',
    defaultValue: schema.default,
    choices: (schema.enum ?? []).map(String),
    minimum: statedBound(schema.minimum),
    maximum: statedBound(schema.maximum),
  };
}

/** Whole numbers without bounds of their own are given those of JavaScript. */
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
