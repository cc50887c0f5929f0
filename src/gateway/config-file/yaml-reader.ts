import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { nearestName } from '../../core/nearest-name.js';
import type { SchemaNode } from './schema-node.js';

/**
 * The content of a YAML text, read by a schema. Paths look like `endpoints[0].path`.
 */
export interface YamlReading {
  readonly value: unknown;
  /** The `line:column` of each value, by path. */
  readonly places: ReadonlyMap<string, string>;
  /** Syntax errors with their `line:column`. */
  readonly problems: readonly { readonly place: string; readonly text: string }[];
  readonly unknownKeys: readonly {
    readonly place: string;
    readonly path: string;
    readonly nearest: string | undefined;
  }[];
  /** The number of top-level keys that the schema knows. */
  readonly knownKeys: number;
}

/**
 * Reads one YAML document. Where the schema has a text, a plain scalar keeps its source: `1.10`,
 * `0x10` and `yes` stay as written.
 */
export function readYaml(text: string, schema: SchemaNode): YamlReading {
  return new YamlReader(text).read(schema);
}

/** Booleans of wsgateway's YAML besides true and false. */
const YAML_1_1_BOOLEANS = new Map([
  ['yes', true],
  ['on', true],
  ['no', false],
  ['off', false],
]);
/** Deeper nesting can only come from an alias that contains itself. */
const MAX_DEPTH = 64;
/**
 * Bounds aliases of aliases, which grow exponentially: a few lines can expand to more values than
 * fit in memory.
 */
const MAX_VALUES = 20_000;

class YamlReader {
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly #places = new Map<string, string>();
  readonly #unknownKeys: { place: string; path: string; nearest: string | undefined }[] = [];
  #depth = 0;
  #values = 0;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  read(schema: SchemaNode): YamlReading {
    const problems = this.#document.errors.map(({ pos, message }) => ({
      place: this.#place(pos[0]),
      text: withoutSource(message),
    }));
    const value = problems.length === 0 ? this.#value(this.#document.contents, schema, '') : undefined;
    if (this.#values > MAX_VALUES)
      problems.push({ place: '1:1', text: `holds more than ${MAX_VALUES} values once its aliases are followed` });
    const keys = isMap(this.#document.contents) ? this.#document.contents.items.map(keyText) : [];
    const knownKeys = keys.filter((key) => schema.children.has(key)).length;
    return { value, places: this.#places, problems, unknownKeys: this.#unknownKeys, knownKeys };
  }

  #value(node: unknown, schema: SchemaNode | undefined, path: string): unknown {
    this.#mark(node, path);
    return this.#within(() => {
      const resolved = isAlias(node) ? node.resolve(this.#document) : node;
      if (isScalar(resolved)) return scalarValue(resolved, schema);
      if (isSeq(resolved))
        return resolved.items.map((item, index) => this.#value(item, schema?.element, `${path}[${index}]`));
      return isMap(resolved) ? Object.fromEntries(this.#entries(resolved, schema, path)) : undefined;
    });
  }

  /** Reads one level deeper; undefined when it is too deep or too much has been read. */
  #within<T>(read: () => T): T | undefined {
    this.#values++;
    if (this.#depth >= MAX_DEPTH || this.#values > MAX_VALUES) return undefined;
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }

  /** Merged keys (`<<`) come first, so that the map's own keys override them. */
  #entries(map: YAMLMap, schema: SchemaNode | undefined, path: string): [string, unknown][] {
    const merged: [string, unknown][] = [];
    const own: [string, unknown][] = [];
    for (const pair of map.items) {
      const key = keyText(pair);
      if (key === '<<') merged.push(...(this.#within(() => this.#mergedEntries(pair.value, schema, path)) ?? []));
      else own.push([key, this.#entry(pair, schema, path === '' ? key : `${path}.${key}`)]);
    }
    return [...merged, ...own].filter(([, value]) => value !== undefined);
  }

  #entry(pair: Pair, schema: SchemaNode | undefined, path: string): unknown {
    const key = keyText(pair);
    const child = schema?.children.get(key);
    if (schema?.kind === 'object' && child === undefined) {
      const place = isScalar(pair.key) ? this.#place(pair.key.range?.[0] ?? 0) : '1:1';
      this.#unknownKeys.push({ place, path, nearest: nearestName(key, schema.children.keys()) });
      return undefined;
    }
    this.#mark(pair.key, path);
    return this.#value(pair.value, child ?? schema?.element, path);
  }

  #mergedEntries(node: unknown, schema: SchemaNode | undefined, path: string): [string, unknown][] {
    const source = isAlias(node) ? node.resolve(this.#document) : node;
    const maps = isSeq(source) ? source.items.toReversed() : [source];
    return maps.flatMap((item) => {
      const map = isAlias(item) ? item.resolve(this.#document) : item;
      return isMap(map) ? this.#entries(map, schema, path) : [];
    });
  }

  #mark(node: unknown, path: string): void {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
    if (range) this.#places.set(path, this.#place(range[0]));
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${Math.max(1, line)}:${Math.max(1, col)}`;
  }
}

/** Removes the library's quotation of the text, which may be part of a secret. */
function withoutSource(message: string): string {
  return message.replace(/ in YAML stream: .*$/s, '').replace(/(extra characters): .*$/s, '$1');
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : String(pair.key);
}

/** A key without a value counts as missing. */
function scalarValue({ value, source = '' }: Scalar, schema: SchemaNode | undefined): unknown {
  if (typeof value === 'string') return schema?.kind === 'boolean' ? readBoolean(value) : value;
  if (schema?.kind === 'string') return source === '' ? undefined : source;
  return value ?? undefined;
}

function readBoolean(text: string): unknown {
  return YAML_1_1_BOOLEANS.get(text.toLowerCase()) ?? text;
}
