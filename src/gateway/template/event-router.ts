import { fromByteText, bytesToByteText } from '../../core/byte-text.js';
import { JsonPath } from '../../json-path/json-path.js';
import type { EventDestinations } from '../event/gateway-event.js';
import type { SharedTags } from '../event/event-tags.js';
import { parseTemplate, type Placeholder, type Template } from './template.js';

/** The maximum length of one value. */
export const MAX_VALUE_LENGTH = 128;
/** The maximum length of a destination: that of a routing key in AMQP. */
export const MAX_DESTINATION_LENGTH = 255;

/** Enough bytes for `MAX_VALUE_LENGTH` characters of UTF-8. */
const MAX_VALUE_BYTES = MAX_VALUE_LENGTH * 4;
const ALL_ALLOWED = /^[A-Za-z0-9_.:-]*$/;
const NOT_ALLOWED = /[^A-Za-z0-9_.:-]/gu;

/**
 * The text that replaces a placeholder: each character outside `A-Za-z0-9_.:-` becomes `_`, and the
 * result is cut to `MAX_VALUE_LENGTH`.
 */
export function substitute(value: string): string {
  const text = value.slice(0, MAX_VALUE_BYTES);
  return (ALL_ALLOWED.test(text) ? text : text.replace(NOT_ALLOWED, '_')).slice(0, MAX_VALUE_LENGTH);
}

/** V8 copies shorter slices; longer ones keep their source alive. */
const SHORTEST_SLICE = 13;

/**
 * The same for a byte text. The result never keeps the message alive that it was read from.
 */
export function substituteBytes(byteText: string): string {
  if (byteText.length < SHORTEST_SLICE && ALL_ALLOWED.test(byteText)) return byteText;
  return substitute(fromByteText(byteText.slice(0, MAX_VALUE_BYTES)));
}

/** Finds the destinations of the events of an endpoint's connections. */
export interface EventRouter {
  /**
   * Hot. `message` is undefined for open and close. Equal results may be the same array.
   */
  route(tags: SharedTags, message: Uint8Array | undefined): EventDestinations;
}

/** A variable of the message, by its index among those that the templates name. */
interface Variable {
  readonly index: number;
  readonly fallback: string;
}

/** A sink's rule for the destinations of events. */
export interface DestinationTemplate {
  /** '' for a sink that is off. */
  readonly text: string;
  /** Makes a destination of the template's result; the identity when missing. */
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
  /** Routes that depend on the message. */
  readonly variable: readonly Route[];
  /** The destinations of events without message, and of all events when `variable` is empty. */
  readonly withoutMessage: EventDestinations;
}

/**
 * Routes by templates that are parsed once. Caches the result for each tags map by identity, so a
 * map must not change.
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

  /** Fills in everything that does not depend on a message. */
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
  // Only empty defaults. '' would mean that the sink is off.
  const destination = text === '' ? '_' : text.slice(0, MAX_DESTINATION_LENGTH);
  return finish === undefined ? destination : finish(destination);
}

/**
 * Reads an endpoint's variables from messages. A message is decoded once, and searched for each
 * variable up to the first match.
 */
class JsonVariables {
  readonly #paths: readonly JsonPath[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => new JsonPath(path));
  }

  /** The substituted text of each variable, in the order of the paths; '' when it is missing. */
  read(message: Uint8Array): readonly string[] {
    const json = bytesToByteText(message);
    return this.#paths.map((path) => substituteBytes(path.read(json)));
  }
}
