import { fromByteText, bytesToByteText } from '../../core/byte-text.js';
import { JsonPath } from '../../json-path/json-path.js';
import type { SinksConfig } from '../config/sink-config.js';
import type { EventDestinations } from '../event/gateway-event.js';
import type { SharedTags } from '../event/event-tags.js';
import { hasPlaceholder, parseTemplate, type Placeholder, type Template } from './template.js';

/** The most characters that one value gives. */
export const MAX_VALUE_LENGTH = 128;
/** The most characters of a whole destination: AMQP's bound on a routing key. */
export const MAX_DESTINATION_LENGTH = 255;

/** Enough bytes for `MAX_VALUE_LENGTH` characters of UTF-8. */
const MAX_VALUE_BYTES = MAX_VALUE_LENGTH * 4;
const ALL_ALLOWED = /^[A-Za-z0-9_.:-]*$/;
const NOT_ALLOWED = /[^A-Za-z0-9_.:-]/gu;

/**
 * What is put in place of a placeholder: each character outside `A-Za-z0-9_.:-` becomes `_`, and
 * what is too long is cut.
 */
export function substitute(value: string): string {
  const text = value.slice(0, MAX_VALUE_BYTES);
  return (ALL_ALLOWED.test(text) ? text : text.replace(NOT_ALLOWED, '_')).slice(0, MAX_VALUE_LENGTH);
}

/** Shorter slices are copies in V8; longer ones keep alive what they were cut from. */
const SHORTEST_SLICE = 13;

/**
 * The same of a byte text. The result keeps nothing else alive, however large the message that it
 * was read from.
 */
export function substituteBytes(byteText: string): string {
  if (byteText.length < SHORTEST_SLICE && ALL_ALLOWED.test(byteText)) return byteText;
  return substitute(fromByteText(byteText.slice(0, MAX_VALUE_BYTES)));
}

/** Says where the sinks put each event of an endpoint's connections. */
export interface EventRouter {
  /**
   * Hot. `message` is undefined for open and close. Results are frozen and shared where they are
   * alike.
   */
  route(tags: SharedTags, message: Uint8Array | undefined): EventDestinations;
}

/** A variable of the message, by its place among those that the templates name. */
interface Variable {
  readonly index: number;
  readonly fallback: string;
}

/** A template with the tags filled in. */
type Route = readonly (string | Variable)[];

/** All templates with the tags of some connections filled in. */
interface Routes {
  readonly redis: Route;
  readonly amqp: Route;
  readonly nats: Route;
  /** Where events without message go, and all events when no route has a variable. */
  readonly withoutMessage: EventDestinations;
  readonly isConstant: boolean;
}

/**
 * The templates of the sinks, '' for one that is off; undefined when none has a placeholder, so
 * nothing is to be routed.
 */
export function sinkTemplates({ redis, amqp, nats }: SinksConfig): EventDestinations | undefined {
  const templates = {
    redis: redis?.streamName ?? '',
    amqp: amqp?.routingKey ?? '',
    nats: nats?.subject ?? '',
  };
  return Object.values(templates).some(hasPlaceholder) ? templates : undefined;
}

/**
 * Routes by templates that are taken apart once; remembers what a tags map gives by its identity,
 * so a map must not change.
 */
export class TemplateRouter implements EventRouter {
  readonly #templates: { readonly redis: Template; readonly amqp: Template; readonly nats: Template };
  readonly #variableNames: readonly string[];
  readonly #variables: JsonVariables;
  readonly #routes = new WeakMap<SharedTags, Routes>();

  constructor(templates: EventDestinations, jsonExtractVars: ReadonlyMap<string, string>) {
    this.#templates = {
      redis: parseTemplate(templates.redis),
      amqp: parseTemplate(templates.amqp),
      nats: parseTemplate(templates.nats),
    };
    const named = Object.values(this.#templates)
      .flat()
      .flatMap((part) => (typeof part !== 'string' && part.source === 'json' ? [part.name] : []));
    this.#variableNames = [...new Set(named)].filter((name) => jsonExtractVars.has(name));
    this.#variables = new JsonVariables(this.#variableNames.map((name) => jsonExtractVars.get(name) ?? ''));
  }

  route(tags: SharedTags, message: Uint8Array | undefined): EventDestinations {
    const routes = this.#routes.get(tags) ?? this.#routesOf(tags);
    if (message === undefined || routes.isConstant) return routes.withoutMessage;
    return fillAll(routes, this.#variables.read(message));
  }

  #routesOf(tags: SharedTags): Routes {
    const { redis, amqp, nats } = this.#templates;
    const bound = { redis: this.#bind(redis, tags), amqp: this.#bind(amqp, tags), nats: this.#bind(nats, tags) };
    const isConstant = Object.values(bound).every((route) => route.every((part) => typeof part === 'string'));
    const routes = { ...bound, withoutMessage: fillAll(bound, []), isConstant };
    this.#routes.set(tags, routes);
    return routes;
  }

  /** Fills in what does not depend on a message. */
  #bind(template: Template, tags: SharedTags): Route {
    return template.map((part) => (typeof part === 'string' ? part : this.#bindPlaceholder(part, tags)));
  }

  #bindPlaceholder({ source, name, fallback }: Placeholder, tags: SharedTags): string | Variable {
    if (source === 'tag') return substitute(tags.get(name) ?? '') || fallback;
    const index = source === 'json' ? this.#variableNames.indexOf(name) : -1;
    return index < 0 ? fallback : { index, fallback };
  }
}

function fillAll(
  { redis, amqp, nats }: Pick<Routes, 'redis' | 'amqp' | 'nats'>,
  values: readonly string[],
): EventDestinations {
  return Object.freeze({
    redis: fill(redis, values),
    amqp: fill(amqp, values),
    nats: withoutEmptyTokens(fill(nats, values)),
  });
}

function fill(route: Route, values: readonly string[]): string {
  if (route.length === 0) return '';
  let text = '';
  for (const part of route) text += typeof part === 'string' ? part : values[part.index] || part.fallback;
  // Nothing but empty defaults: '' would say that the sink is off.
  return text === '' ? '_' : text.slice(0, MAX_DESTINATION_LENGTH);
}

/** NATS refuses a subject with two dots in a row, or one at an end. */
function withoutEmptyTokens(subject: string): string {
  return subject.replace(/(^|\.)(?=\.|$)/g, (_, dot: string) => (subject === '' ? '' : `${dot}_`));
}

/**
 * Reads an endpoint's variables from messages: a message is decoded once, and searched once for
 * each variable, up to what is found.
 */
class JsonVariables {
  readonly #paths: readonly JsonPath[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => new JsonPath(path));
  }

  /** The text of each, in the order of the paths, fit to be substituted; '' where there is none. */
  read(message: Uint8Array): readonly string[] {
    const json = bytesToByteText(message);
    return this.#paths.map((path) => substituteBytes(path.read(json)));
  }
}
