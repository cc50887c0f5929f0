import { z } from 'zod';
import type { LogFields } from '../../core/logger.js';
import type { DestinationTemplate } from '../template/event-router.js';
import type { EventSink, SinkDeps } from './event-sink.js';

/** The key that every sink has. */
export const required = z
  .boolean()
  .default(true)
  .describe(
    'A required sink that is away keeps events in the outbox; an optional one misses events above its own bound, counted.',
  );

/** The key with the template for the destinations of events. */
export interface DestinationKey<Config> {
  readonly key: string;
  readonly template: (config: Config) => string;
  /** Makes a destination that the backend accepts of what the template gave. */
  readonly finish?: (destination: string) => string;
}

/** Everything that the gateway knows about one kind of sink. */
export interface SinkDefinitionOptions<Keys extends { readonly required: boolean }, Config> {
  /**
   * The sink's name in logs, metrics and dead letters, and `stream_<name>` in the configuration.
   * Files on disk hold it: never to be changed.
   */
  readonly name: string;
  /** The keys of `stream_<name>`, with their defaults and sentences; `required` is one of them. */
  readonly keys: z.ZodType<Keys>;
  /** Keys whose values may contain credentials: no message about the configuration shows them. */
  readonly secretKeys: readonly string[];
  /** The sink's configuration; undefined when it is off. */
  readonly resolve: (keys: Keys) => Config | undefined;
  /** Warnings about the configuration, each as `key: sentence`. */
  readonly warnings?: (config: Config) => readonly string[];
  /** Where the backend is, without credentials. `serve --check` shows it. */
  readonly address: (config: Config) => string;
  /** Fields of the line `sink.connecting` of the start log; the address when it is missing. */
  readonly describe?: (config: Config) => LogFields;
  /** The line of wsgateway's log for the same, where it had one. */
  readonly classicLine?: (address: string) => string;
  /** Missing when all events go to one place. */
  readonly destination?: DestinationKey<Config>;
  /** Whether the sink may refuse events for good, which need a folder for dead letters. */
  readonly mayRefuse: boolean;
  /**
   * The sink, not started. It reports its message limit to `deps.reportLimit`, and its
   * `start('look')` is what `serve --check` tries.
   */
  readonly create: (config: Config, deps: SinkDeps) => EventSink;
}

/** A kind of sink in the gateway's list, without the type of its configuration. */
export interface SinkDefinition {
  readonly name: string;
  /** The schema of `stream_<name>`. Its output is undefined when the sink is off. */
  readonly schema: z.ZodType<SinkConfig | undefined>;
  readonly hasDestinations: boolean;
  readonly secretKeys: readonly string[];
  readonly classicLine: ((address: string) => string) | undefined;
}

/** A sink that is on. Its functions know its credentials; its fields do not. */
export interface SinkConfig {
  readonly name: string;
  /** Whether the outbox waits for it. */
  readonly required: boolean;
  readonly address: string;
  readonly logFields: LogFields;
  readonly warnings: readonly string[];
  readonly mayRefuse: boolean;
  readonly destination: (DestinationTemplate & { readonly key: string }) | undefined;
  create(deps: SinkDeps): EventSink;
}

/** The sinks of a gateway. */
export interface SinksConfig {
  /** Whether the ring behind `/events` is on. */
  readonly embedded: boolean;
  /** Those that are on, in the order of the gateway's list. */
  readonly on: readonly SinkConfig[];
  /** Names of all sinks that have destinations, on or off: their index is the sink's position. */
  readonly positions: readonly string[];
}

/** Ties the parts of a definition together, so that lists of sinks need no type parameters. */
export function defineSink<Keys extends { readonly required: boolean }, Config>(
  options: SinkDefinitionOptions<Keys, Config>,
): SinkDefinition {
  const { name, keys, destination, secretKeys, classicLine } = options;
  return {
    name,
    schema: keys.transform((value) => {
      const config = options.resolve(value);
      return config && configure(options, config, value.required);
    }),
    hasDestinations: destination !== undefined,
    secretKeys,
    classicLine,
  };
}

/** `stream_<name>`. */
export function sinkKey(name: string): string {
  return `stream_${name}`;
}

/** The sinks with destinations, by position. The outbox's log counts on it. */
export function sinkPositions(definitions: readonly SinkDefinition[]): string[] {
  return definitions.filter(({ hasDestinations }) => hasDestinations).map(({ name }) => name);
}

function configure<Keys extends { readonly required: boolean }, Config>(
  options: SinkDefinitionOptions<Keys, Config>,
  config: Config,
  isRequired: boolean,
): SinkConfig {
  const { name, mayRefuse, destination } = options;
  const address = options.address(config);
  return {
    name,
    required: isRequired,
    address,
    logFields: options.describe?.(config) ?? { address },
    warnings: options.warnings?.(config) ?? [],
    mayRefuse,
    destination: destination && {
      key: destination.key,
      text: destination.template(config),
      finish: destination.finish,
    },
    create: (deps) => options.create(config, deps),
  };
}
