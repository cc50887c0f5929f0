import { type AnyNode, type Document, isTag } from 'domhandler';
import type { VuContext } from '../../runtime/vu-context.js';
import { HtmlElement } from './html-element.js';
import {
  ancestors,
  attributeOf,
  childNodes,
  descendants,
  elementsBeside,
  fieldValue,
  innerHtml,
  isInside,
  type Match,
  matching,
  parseDocument,
  textOf,
  formValues,
  dataOf,
} from './html-nodes.js';
import { type Visit, visitNodes } from './html-visit.js';
import { asText, typedName, encodeValues } from '../../runtime/values.js';

/** The page that a selection belongs to. */
interface Page {
  readonly vu: VuContext;
  readonly document: Document;
  readonly url: string;
}

/** Parses HTML. `url` is the base of relative addresses. */
export function parseHtml(vu: VuContext, text: string, url = ''): Selection {
  const document = parseDocument(text);
  return new Selection({ vu, document, url }, [document]);
}

/** A list of nodes with the methods of k6's Selection (k6 docs, "Selection"). */
export class Selection {
  readonly url: string;
  readonly #page: Page;
  readonly #nodes: readonly AnyNode[];
  readonly #previous: Selection | undefined;

  constructor(page: Page, nodes: readonly AnyNode[], previous?: Selection) {
    this.url = page.url;
    this.#page = page;
    this.#nodes = nodes;
    this.#previous = previous;
  }

  get #loop(): { vu: VuContext; count: number } {
    return { vu: this.#page.vu, count: this.#nodes.length };
  }

  #select(nodes: Iterable<AnyNode | undefined>): Selection {
    const found = [...new Set(nodes)].filter((node) => node !== undefined);
    return new Selection(this.#page, found, this);
  }

  #step(step: (node: AnyNode) => readonly AnyNode[], filter?: unknown): Selection {
    const match: Match = filter === undefined ? () => true : matching(asText(filter));
    return this.#select(this.#nodes.flatMap((node) => step(node).filter(match)));
  }

  /** Returns the nodes of a selection or an element; undefined for a selector. */
  #given(what: unknown): readonly AnyNode[] | undefined {
    if (what instanceof Selection) return what.#nodes;
    const node = HtmlElement.nodeOf(what);
    if (node !== undefined) return [node];
    if (typeof what === 'string') return undefined;
    throw new TypeError(`invalid argument, cannot use a '${typedName(what)}' as a selector`);
  }

  #matcher(what: unknown): Match {
    const nodes = this.#given(what);
    return nodes === undefined ? matching(asText(what)) : (node) => nodes.includes(node);
  }

  #element(node: AnyNode | undefined): HtmlElement | undefined {
    const selection = (inner: AnyNode): Selection => this.#select([inner]);
    return node === undefined ? undefined : new HtmlElement(node, { url: this.url, selection });
  }

  add(what: unknown): Selection {
    const more = this.#given(what) ?? descendants(this.#page.document).filter(matching(asText(what)));
    return this.#select([...this.#nodes, ...more]);
  }

  find(what: unknown): Selection {
    const given = this.#given(what);
    if (given === undefined) return this.#step(descendants, what);
    return this.#select(given.filter((node) => this.#nodes.some((outer) => isInside(node, outer))));
  }

  closest(what: unknown): Selection {
    const match = this.#matcher(what);
    return this.#select(this.#nodes.map((node) => [node, ...ancestors(node)].find(match)));
  }

  has(what: unknown): Selection {
    const match = this.#matcher(what);
    return this.#select(this.#nodes.filter((node) => descendants(node).some(match)));
  }

  filter(what: unknown): unknown {
    const refusal = 'the argument to filter() must be a function, a selector or a selection';
    return this.#winnow(what, refusal, (kept) => this.#select(kept));
  }

  not(what: unknown): unknown {
    const refusal = 'the argument to not() must be a function, a selector or a selection';
    return this.#winnow(what, refusal, (kept) => this.#select(this.#nodes.filter((node) => !kept.includes(node))));
  }

  is(what: unknown): unknown {
    const refusal = 'the argument to is() must be a function, a selector or a selection';
    return this.#winnow(what, refusal, (kept) => kept.length > 0);
  }

  /** Passes on the nodes that match, or for which the function returns a truthy value. */
  #winnow<T>(what: unknown, refusal: string, give: (kept: readonly AnyNode[]) => T): T | Promise<T> {
    const isMatcher = typeof what === 'string' || what instanceof Selection || what instanceof HtmlElement;
    if (isMatcher) return give(this.#nodes.filter(this.#matcher(what)));
    const kept: AnyNode[] = [];
    const visit: Visit = {
      callback: what,
      refusal,
      argument: (index) => this.eq(index),
      take: (value, index) => {
        const node = this.#nodes[index];
        if (Boolean(value) && node !== undefined) kept.push(node);
      },
      fail: rethrow,
    };
    return visitNodes(this.#loop, visit, () => give(kept));
  }

  each(callback: unknown): unknown {
    const fail = (error: unknown): never => {
      throw new Error(`the function passed to each() failed: ${asText(error)}`, { cause: error });
    };
    const refusal = 'the argument to each() must be a function';
    const argument = (index: number): unknown => this.#element(this.#nodes[index]);
    return visitNodes(this.#loop, { callback, refusal, argument, take: () => undefined, fail }, () => this);
  }

  /** Skips nodes whose callback throws, as in k6. */
  map(callback: unknown): unknown {
    const values: unknown[] = [];
    const refusal = 'the argument to map() must be a function';
    const take = (value: unknown): void => void values.push(value);
    const argument = (index: number): unknown => this.eq(index);
    return visitNodes(this.#loop, { callback, refusal, argument, take, fail: () => undefined }, () => values);
  }

  children(filter?: unknown): Selection {
    return this.#step((node) => childNodes(node).filter(isTag), filter);
  }

  contents(): Selection {
    return this.#step(childNodes);
  }

  parent(filter?: unknown): Selection {
    return this.#step((node) => ancestors(node).slice(0, 1), filter);
  }

  parents(filter?: unknown): Selection {
    return this.#step(ancestors, filter);
  }

  siblings(filter?: unknown): Selection {
    const beside = (node: AnyNode): AnyNode[] => [
      ...elementsBeside(node, 'prev').toReversed(),
      ...elementsBeside(node, 'next'),
    ];
    return this.#step(beside, filter);
  }

  next(filter?: unknown): Selection {
    return this.#step((node) => elementsBeside(node, 'next').slice(0, 1), filter);
  }

  nextAll(filter?: unknown): Selection {
    return this.#step((node) => elementsBeside(node, 'next'), filter);
  }

  prev(filter?: unknown): Selection {
    return this.#step((node) => elementsBeside(node, 'prev').slice(0, 1), filter);
  }

  prevAll(filter?: unknown): Selection {
    return this.#step((node) => elementsBeside(node, 'prev'), filter);
  }

  nextUntil(until?: unknown, filter?: unknown): Selection {
    return this.#until((node) => elementsBeside(node, 'next'), until, filter);
  }

  prevUntil(until?: unknown, filter?: unknown): Selection {
    return this.#until((node) => elementsBeside(node, 'prev'), until, filter);
  }

  parentsUntil(until?: unknown, filter?: unknown): Selection {
    return this.#until(ancestors, until, filter);
  }

  #until(step: (node: AnyNode) => readonly AnyNode[], until: unknown, filter: unknown): Selection {
    const stop: Match = until === undefined || until === null ? () => false : this.#matcher(until);
    const upTo = (nodes: readonly AnyNode[]): readonly AnyNode[] => {
      const end = nodes.findIndex(stop);
      return end < 0 ? nodes : nodes.slice(0, end);
    };
    return this.#step((node) => upTo(step(node)), filter ?? undefined);
  }

  size(): number {
    return this.#nodes.length;
  }

  end(): Selection {
    return this.#previous ?? new Selection(this.#page, []);
  }

  eq(index?: unknown): Selection {
    return this.#select([this.#nodes.at(Number(index ?? 0))]);
  }

  first(): Selection {
    return this.eq(0);
  }

  last(): Selection {
    return this.eq(-1);
  }

  slice(start?: unknown, end?: unknown): Selection {
    return this.#select(this.#nodes.slice(Number(start ?? 0), end === undefined ? undefined : Number(end)));
  }

  get(index?: unknown): unknown {
    if (index === undefined) return this.#nodes.map((node) => this.#element(node));
    const at = Number(index);
    // In k6 a negative index cannot reach the first node.
    return at > -this.#nodes.length ? this.#element(this.#nodes.at(at)) : undefined;
  }

  toArray(): Selection[] {
    return this.#nodes.map((node) => this.#select([node]));
  }

  index(what?: unknown): number {
    const [first] = this.#nodes;
    if (first === undefined) return -1;
    if (what === undefined) return elementsBeside(first, 'prev').length;
    if (typeof what === 'string') return descendants(this.#page.document).filter(matching(what)).indexOf(first);
    const wanted = what instanceof Selection ? what.#nodes[0] : HtmlElement.nodeOf(what);
    return wanted === undefined ? -1 : this.#nodes.indexOf(wanted);
  }

  text(): string {
    return this.#nodes.map(textOf).join('');
  }

  html(): string {
    return innerHtml(this.#nodes[0]);
  }

  attr(name: unknown, missing?: unknown): unknown {
    return attributeOf(this.#nodes[0], asText(name)) ?? missing;
  }

  val(): unknown {
    return fieldValue(this.#nodes[0]);
  }

  data(name?: unknown): unknown {
    return dataOf(this.#nodes[0], name === undefined ? undefined : asText(name));
  }

  serializeArray(): object[] {
    return formValues(this.#nodes);
  }

  serializeObject(): Record<string, unknown> {
    return Object.fromEntries(formValues(this.#nodes).map(({ name, value }) => [name, value]));
  }

  serialize(): string {
    return encodeValues(this.serializeObject());
  }
}

function rethrow(error: unknown): never {
  throw error;
}
