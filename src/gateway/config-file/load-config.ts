import { isRecord } from '../../core/is-record.js';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { ZodError } from 'zod';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { pathText, problemSentence } from './config-problem.js';
import { ConfigSchema, DEFAULT_MAX_MESSAGE_KB, type ConfigFile, type ConfigInput } from './config-schema.js';
import { nearestHint, readEnvironment } from './environment.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { redisAddrWarnings } from '../redis/redis-addr.js';
import { SINKS } from '../sinks/index.js';
import { sinkKey, type SinkDefinition } from '../sinks/sink-definition.js';
import { idlePlaceholder, parseTemplate } from '../template/template.js';
import { clusterWarnings } from './resolve-cluster.js';
import { resolveConfig } from './resolve-config.js';
import type { SchemaNode } from './schema-node.js';
import { readYaml } from './yaml-reader.js';

const DEFAULT_FILE = 'config.yml';

/** Sorts `config.yml:9:1` before `config.yml:10:1`. */
const BY_PLACE = new Intl.Collator('en', { numeric: true });

/** The configuration without a file. */
const BUILT_IN: ConfigInput = {
  listen_addr: '127.0.0.1:5000',
  endpoints: [{ path: '/connect', set_tags: { foo: 'bar' } }],
  prometheus: { enabled: true },
};

/**
 * Values of flags, which override file and environment. `plugins` are added to the file's, every
 * other key replaces.
 */
export interface ConfigOverrides {
  readonly listen_addr?: string;
  readonly transport?: string;
  readonly workers?: number | string;
  readonly plugins?: ConfigInput['plugins'];
}

export interface LoadConfigOptions {
  /**
   * The file that the user named; it must exist. Default: `config.yml` in `cwd`, or the built-in
   * configuration.
   */
  readonly path?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: ConfigOverrides;
  /** Default: the built-in sinks. */
  readonly sinks?: readonly SinkDefinition[];
}

/** The origin of a configuration. */
export type ConfigSource = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'built-in' };

/**
 * The values of file, environment and flags together, before validation. They can be sent to
 * another process. They contain secrets: never to be logged.
 */
export interface GivenConfig {
  readonly values: Readonly<Record<string, unknown>>;
  readonly baseDir: string;
}

export interface LoadedConfig {
  readonly config: GatewayConfig;
  readonly given: GivenConfig;
  readonly source: ConfigSource;
  /** Sentences for the log about keys and variables without an effect. */
  readonly warnings: readonly string[];
  /** Sentences for the log about defaults that an upgrade has changed. */
  readonly notices: readonly string[];
}

/**
 * Values before validation, and the origin of each by path: `config.yml:3:1` or a variable's name.
 */
interface Draft {
  readonly values: Record<string, unknown>;
  readonly origins: Map<string, string>;
  readonly warnings: string[];
}

/**
 * Reads file, environment and flags. Throws `config.not-found`, `config.invalid` with every problem,
 * or `secret.unreadable` when the file of the cluster's secret cannot be used.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const schema = new ConfigSchema(options.sinks ?? SINKS);
  const file = findFile(options);
  const draft = file === undefined ? builtInDraft() : readFile(file, schema.node);
  applyEnvironment(draft, options.env, schema.node);
  applyOverrides(draft, options.overrides ?? {});
  const name = file?.shownPath ?? 'built-in configuration';
  const checked = check(schema, draft, name);
  for (const { path, text } of templateWarnings(checked))
    draft.warnings.push(`${originOf(draft.origins, path, name)} ${pathText(path)}: ${text}`);
  const source: ConfigSource = file === undefined ? { kind: 'built-in' } : { kind: 'file', path: file.shownPath };
  const baseDir = file === undefined ? options.cwd : dirname(file.path);
  const config = resolveConfig(checked, baseDir);
  const notices = changedDefaults(draft.values, checked);
  const warnings = [...draft.warnings, ...addressWarnings(config), ...clusterWarnings(config)];
  return { config, given: { values: draft.values, baseDir }, source, warnings, notices };
}

/** Resolves values that `loadConfig` has validated, in another process. */
export function resolveGiven({ values, baseDir }: GivenConfig): GatewayConfig {
  return resolveConfig(new ConfigSchema(SINKS).parse(values), baseDir);
}

/** A warning about one key. */
interface KeyWarning {
  readonly path: readonly string[];
  readonly text: string;
}

/** Warns of placeholders that can only give their default, in the templates of active sinks. */
function templateWarnings({ endpoints, sinks }: ConfigFile): KeyWarning[] {
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

function addressWarnings({ sinks, mirror }: GatewayConfig): string[] {
  const ofSinks = sinks.on.flatMap(({ name, warnings }) => warnings.map((warning) => `${sinkKey(name)}.${warning}`));
  const ofMirror = mirror === undefined ? [] : redisAddrWarnings(mirror.addr);
  return [...ofSinks, ...ofMirror.map((warning) => `connection_redis_sync.${warning}`)];
}

/** Warns after an upgrade from wsgateway, whose clients may send larger messages. */
function changedDefaults(values: Draft['values'], { endpoints }: ConfigFile): string[] {
  const isTaken = endpoints.some((endpoint) => endpoint.max_message_size_kb === undefined);
  if (!isTaken || values['max_message_size_kb'] !== undefined) return [];
  return [
    `max_message_size_kb is not set: clients that send messages above ${DEFAULT_MAX_MESSAGE_KB} KiB are closed with 1009 (wsgateway: above 131072 KiB); set it if clients send larger ones`,
  ];
}

interface FoundFile {
  readonly path: string;
  readonly shownPath: string;
  readonly text: string;
  readonly byDefault: boolean;
}

function findFile({ path: named, cwd }: LoadConfigOptions): FoundFile | undefined {
  const path = resolve(cwd, named ?? DEFAULT_FILE);
  const shownPath = named ?? (relative(cwd, path) || path);
  try {
    return { path, shownPath, text: readFileSync(path, 'utf8'), byDefault: named === undefined };
  } catch (cause) {
    if (named === undefined && systemErrorCode(cause) === 'ENOENT') return undefined;
    const message = `The configuration file '${shownPath}' cannot be read: ${errorMessage(cause)}`;
    throw new WsgError('config.not-found', message, { hint: 'Name an existing file with --config.', cause });
  }
}

function builtInDraft(): Draft {
  return { values: structuredClone({ ...BUILT_IN }), origins: new Map(), warnings: [] };
}

function readFile({ shownPath, text, byDefault }: FoundFile, schema: SchemaNode): Draft {
  const reading = readYaml(text, schema);
  if (reading.problems.length > 0) {
    throw invalid(
      shownPath,
      reading.problems.map(({ place, text: problem }) => `${shownPath}:${place} ${problem}`),
    );
  }
  if (byDefault && reading.knownKeys === 0) {
    throw invalid(shownPath, [
      `${shownPath}:1:1 contains no key of the gateway; name the right file with --config, or move this one away`,
    ]);
  }
  const warnings = reading.unknownKeys.map(
    ({ place, path, nearest }) => `${shownPath}:${place} ${path}: unknown key, ignored${nearestHint(nearest)}`,
  );
  const origins = new Map([...reading.places].map(([path, place]) => [path, `${shownPath}:${place}`]));
  if (!isRecord(reading.value) && reading.value !== undefined)
    throw invalid(shownPath, [`${shownPath}:1:1 must be a map of keys`]);
  return { values: isRecord(reading.value) ? reading.value : {}, origins, warnings };
}

function applyEnvironment(draft: Draft, env: LoadConfigOptions['env'], schema: SchemaNode): void {
  const { values, warnings } = readEnvironment(env, schema);
  for (const { twin, value } of values) {
    setAt(draft.values, twin.path, value);
    const path = pathText(twin.path);
    for (const below of draft.origins.keys())
      if (/^$|^[[.]/.test(below.slice(path.length)) && below.startsWith(path)) draft.origins.delete(below);
    draft.origins.set(path, twin.variable);
  }
  draft.warnings.push(...warnings);
}

function applyOverrides(draft: Draft, { plugins = [], ...replacing }: ConfigOverrides): void {
  for (const [key, value] of Object.entries(replacing)) {
    if (value === undefined) continue;
    draft.values[key] = value;
    draft.origins.set(key, 'command line');
  }
  if (plugins.length === 0) return;
  const own = draft.values['plugins'];
  draft.values['plugins'] = [...(Array.isArray(own) ? own : []), ...plugins];
}

function check(schema: ConfigSchema, draft: Draft, name: string): ConfigFile {
  try {
    return schema.parse(draft.values);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const problems = error.issues.map((issue) => {
      const path = pathText(issue.path);
      return `${originOf(draft.origins, issue.path, name)} ${path}: ${problemSentence(issue, schema.secretKeys)}`;
    });
    // A misspelt key often explains why another one is missing.
    throw invalid(name, [...problems, ...draft.warnings].sort(BY_PLACE.compare));
  }
}

/** The origin of the value at `path`, or of the nearest value around it. */
function originOf(origins: ReadonlyMap<string, string>, path: readonly PropertyKey[], name: string): string {
  for (let length = path.length; length >= 0; length--) {
    const origin = origins.get(pathText(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return `${name}:1:1`;
}

function invalid(name: string, problems: readonly string[]): WsgError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new WsgError('config.invalid', `The configuration '${name}' has ${count}.`, {
    problems,
    hint: 'docs/reference/configuration.md describes every key.',
  });
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const below = target[key];
  const child = isRecord(below) ? below : {};
  target[key] = child;
  setAt(child, rest, value);
}
