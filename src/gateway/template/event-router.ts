import { fromByteText, bytesToByteText } from '../../core/byte-text.js';
import { JsonPath } from '../../json-path/json-path.js';
import type { EventDestinations } from '../event/gateway-event.js';
import type { SharedTags } from '../event/event-tags.js';
import { parseTemplate, type Placeholder, type Template } from './template.js';

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
   * Hot. `message` is undefined for open and close. Results are shared where they are alike.
   */
  route(tags: SharedTags, message: Uint8Array | undefined): EventDestinations;
}

/** A variable of the message, by its place among those that the templates name. */
interface Variable {
  readonly index: number;
  readonly fallback: string;
}

/** How a sink names the destinations of events. */
export interface DestinationTemplate {
  /** '' for a sink that is off. */
  readonly text: string;
  /** Makes a destination of what the template gave; the identity when it is missing. */
  readonly finish?: ((destination: string) => string) | undefined;
}

/** A template with the tags filled in, of the sink at this position. */
interface Route {
  readonly position: number;
  readonly parts: readonly (string | Variable)[];
  readonly finish: DestinationTemplate['finish'];
}

/** All templates with the tags of some connections filled in. */
interface Routes {
  /** Those that depend on the message. */
  readonly variable: readonly Route[];
  /** Where events without message go, and all events when no route depends on the message. */
  readonly withoutMessage: EventDestinations;
}

/**
 * Routes by templates that are taken apart once; remembers what a tags map gives by its identity,
 * so a map must not change.
 */
export class TemplateRouter implements EventRouter {
  readonly #templates: readonly { readonly parts: Template; readonly finish: DestinationTemplate['finish'] }[];
  readonly #variableNames: readonly string[];
  readonly #variables: JsonVariables;
  readonly #routes = new WeakMap<SharedTags, Routes>();

  /** `templates` are by the position of their sinks. */
  constructor(templates: readonly DestinationTemplate[], jsonExtractVars: ReadonlyMap<string, string>) {
    this.#templates = templates.map(({ text, finish }) => ({ parts: parseTemplate(text), finish }));
    const named = this.#templates
      .flatMap(({ parts }) => parts)
      .flatMap((part) => (typeof part !== 'string' && part.source === 'json' ? [part.name] : []));
    this.#variableNames = [...new Set(named)].filter((name) => jsonExtractVars.has(name));
    this.#variables = new JsonVariables(this.#variableNames.map((name) => jsonExtractVars.get(name) ?? ''));
  }

  route(tags: SharedTags, message: Uint8Array | undefined): EventDestinations {
    const routes = this.#routes.get(tags) ?? this.#routesOf(tags);
    if (message === undefined || routes.variable.length === 0) return routes.withoutMessage;
    const values = this.#variables.read(message);
    const destinations = routes.withoutMessage.slice();
    for (const route of routes.variable) destinations[route.position] = fill(route, values);
    return destinations;
  }

  #routesOf(tags: SharedTags): Routes {
    const all = this.#templates.map(({ parts, finish }, position): Route => {
      return { position, parts: this.#bind(parts, tags), finish };
    });
    const routes: Routes = {
      variable: all.filter(({ parts }) => parts.some((part) => typeof part !== 'string')),
      withoutMessage: all.map((route) => fill(route, [])),
    };
    this.#routes.set(tags, routes);
    return routes;
  }

  /** Fills in what does not depend on a message. */
  #bind(template: Template, tags: SharedTags): Route['parts'] {
    return template.map((part) => (typeof part === 'string' ? part : this.#bindPlaceholder(part, tags)));
  }

  #bindPlaceholder({ source, name, fallback }: Placeholder, tags: SharedTags): string | Variable {
    if (source === 'tag') return substitute(tags.get(name) ?? '') || fallback;
    const index = source === 'json' ? this.#variableNames.indexOf(name) : -1;
    return index < 0 ? fallback : { index, fallback };
  }
}

function fill({ parts, finish }: Route, values: readonly string[]): string {
  if (parts.length === 0) return '';
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : values[part.index] || part.fallback;
  // Nothing but empty defaults: '' would say that the sink is off.
  const destination = text === '' ? '_' : text.slice(0, MAX_DESTINATION_LENGTH);
  return finish === undefined ? destination : finish(destination);
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
