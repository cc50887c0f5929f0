import { type AnyNode, isComment, isDocument, isTag, isText } from 'domhandler';
import {
  ancestors,
  attributeOf,
  childNodes,
  descendants,
  elementsBeside,
  fieldValue,
  innerHtml,
  isInside,
  matching,
  nameOf,
  textOf,
  valueOrHtml,
} from './html-nodes.js';
import { asText } from '../../runtime/values.js';

/** The page of an element. */
export interface ElementPage {
  /** '' if the page has no URL. */
  readonly url: string;
  readonly selection: (node: AnyNode) => object;
}

const FLAGS =
  'allowfullscreen async autofocus autoplay checked controls default defer disabled ismap loop multiple muted nomodule novalidate readonly required reversed selected';
const TEXTS =
  'accept alt charset cite content datetime dirname download headers hreflang kind label max media min name pattern placeholder rel scope sizes src srclang srcset step target title usemap';

/** Parts of a link's URL, by the names of k6's methods. */
const ADDRESS_PARTS = ['hash', 'host', 'hostname', 'port', 'pathname', 'search', 'protocol', 'origin'] as const;

/** One node of a page, with the methods of k6's Element that scripts use. */
export class HtmlElement {
  readonly #node: AnyNode;
  readonly #page: ElementPage;

  constructor(node: AnyNode, page: ElementPage) {
    this.#node = node;
    this.#page = page;
    for (const name of FLAGS.split(' ')) this.#method(name, () => attributeOf(node, name) !== undefined);
    for (const name of TEXTS.split(' ')) this.#method(name, () => attributeOf(node, name) ?? '');
    this.#method('text', () => textOf(node));
    for (const name of ADDRESS_PARTS) this.#method(name, () => this.#part(name));
  }

  #part(name: (typeof ADDRESS_PARTS)[number]): string {
    const href = this.href();
    const part = URL.canParse(href) ? new URL(href)[name] : '';
    return name === 'protocol' ? part.slice(0, -1) : part;
  }

  /** Defines a method for an attribute on the element itself. */
  #method(name: string, value: () => unknown): void {
    if (!(name in this)) Object.defineProperty(this, name, { value, enumerable: false });
  }

  /** Returns the node of an element; undefined for anything else. */
  static nodeOf(value: unknown): AnyNode | undefined {
    return value instanceof HtmlElement ? value.#node : undefined;
  }

  #of(node: AnyNode | null | undefined): HtmlElement | undefined {
    return node === null || node === undefined ? undefined : new HtmlElement(node, this.#page);
  }

  #all(nodes: readonly AnyNode[]): HtmlElement[] {
    return nodes.map((node) => new HtmlElement(node, this.#page));
  }

  #found(selector: string): AnyNode[] {
    return descendants(this.#node).filter(matching(selector));
  }

  selection(): object {
    return this.#page.selection(this.#node);
  }

  nodeName(): string {
    return nameOf(this.#node);
  }

  nodeType(): number {
    if (isTag(this.#node)) return 1;
    if (isText(this.#node)) return 3;
    if (isComment(this.#node)) return 8;
    return isDocument(this.#node) ? 9 : 10;
  }

  nodeValue(): string | undefined {
    if (isComment(this.#node)) return '';
    return isText(this.#node) ? this.#node.data : undefined;
  }

  innerHTML(): string {
    return innerHtml(this.#node);
  }

  textContent(): string {
    return textOf(this.#node);
  }

  id(): string {
    return attributeOf(this.#node, 'id') ?? '';
  }

  lang(): string | undefined {
    return attributeOf(this.#node, 'lang');
  }

  className(): string | undefined {
    return attributeOf(this.#node, 'class');
  }

  classList(): string[] {
    return (this.className() ?? '').split(/\s+/).filter((name) => name !== '');
  }

  attributes(): Record<string, object> {
    const entries = isTag(this.#node) ? Object.entries(this.#node.attribs) : [];
    return Object.fromEntries(entries.map(([name, value]) => [name, { name, value, owner_element: this }]));
  }

  getAttribute(name: unknown): string | undefined {
    return attributeOf(this.#node, asText(name));
  }

  getAttributeNode(name: unknown): object | undefined {
    const value = this.getAttribute(name);
    return value === undefined ? undefined : { name: asText(name), value, owner_element: this };
  }

  hasAttribute(name: unknown): boolean {
    return this.getAttribute(name) !== undefined;
  }

  hasAttributes(): boolean {
    return isTag(this.#node) && Object.keys(this.#node.attribs).length > 0;
  }

  hasChildNodes(): boolean {
    return childNodes(this.#node).length > 0;
  }

  childNodes(): HtmlElement[] {
    return this.#all(childNodes(this.#node));
  }

  children(): HtmlElement[] {
    return this.#all(childNodes(this.#node).filter(isTag));
  }

  childElementCount(): number {
    return this.children().length;
  }

  firstChild(): HtmlElement | undefined {
    return this.childNodes()[0];
  }

  lastChild(): HtmlElement | undefined {
    return this.childNodes().at(-1);
  }

  firstElementChild(): HtmlElement | undefined {
    return this.children()[0];
  }

  lastElementChild(): HtmlElement | undefined {
    return this.children().at(-1);
  }

  previousSibling(): HtmlElement | undefined {
    return this.#of(this.#node.prev);
  }

  nextSibling(): HtmlElement | undefined {
    return this.#of(this.#node.next);
  }

  previousElementSibling(): HtmlElement | undefined {
    return this.#of(elementsBeside(this.#node, 'prev')[0]);
  }

  nextElementSibling(): HtmlElement | undefined {
    return this.#of(elementsBeside(this.#node, 'next')[0]);
  }

  parentNode(): HtmlElement | undefined {
    return this.#of(this.#node.parent);
  }

  parentElement(): HtmlElement | undefined {
    return this.#of(ancestors(this.#node)[0]);
  }

  ownerDocument(): HtmlElement | undefined {
    let node = this.#node;
    while (node.parent !== null) node = node.parent;
    return isDocument(node) ? this.#of(node) : undefined;
  }

  querySelector(selector: unknown): HtmlElement | undefined {
    return this.#of(this.#found(asText(selector))[0]);
  }

  querySelectorAll(selector: unknown): HtmlElement[] {
    return this.#all(this.#found(asText(selector)));
  }

  getElementsByClassName(name: unknown): HtmlElement[] {
    return this.#all(this.#found(`.${asText(name)}`));
  }

  getElementsByTagName(name: unknown): HtmlElement[] {
    return this.#all(this.#found(asText(name)));
  }

  matches(selector: unknown): boolean {
    return matching(asText(selector))(this.#node);
  }

  contains(other: unknown): boolean {
    const node = HtmlElement.nodeOf(other);
    return node !== undefined && isInside(node, this.#node);
  }

  isSameNode(other: unknown): boolean {
    return HtmlElement.nodeOf(other) === this.#node;
  }

  isEqualNode(other: unknown): boolean {
    const node = HtmlElement.nodeOf(other);
    return node !== undefined && innerHtml(node) === innerHtml(this.#node);
  }

  value(): unknown {
    const name = nameOf(this.#node);
    if (name === 'button' || name === 'option') return valueOrHtml(this.#node);
    if (name === 'output') return textOf(this.#node);
    const value = name === 'select' ? fieldValue(this.#node) : (attributeOf(this.#node, 'value') ?? '');
    return Array.isArray(value) ? (value[0] ?? '') : value;
  }

  type(): string {
    const type = attributeOf(this.#node, 'type');
    const name = nameOf(this.#node);
    if (name === 'select') return attributeOf(this.#node, 'multiple') === undefined ? 'select' : 'select-multiple';
    if (name === 'button') return type ?? 'submit';
    if (name === 'input') return type ?? 'text';
    return name === 'textarea' ? name : (type ?? '');
  }

  href(): string {
    return this.#address('href');
  }

  action(): string {
    return this.#address('action');
  }

  method(): string {
    return attributeOf(this.#node, 'method') === 'post' ? 'post' : 'get';
  }

  form(): HtmlElement | undefined {
    return this.#of(ancestors(this.#node).find(({ name }) => name === 'form'));
  }

  elements(): HtmlElement[] {
    return this.#all(this.#found('input,select,button,textarea,fieldset'));
  }

  options(): HtmlElement[] {
    return this.#all(this.#found('option'));
  }

  selectedOptions(): HtmlElement[] {
    return this.#all(this.#found('option[selected]'));
  }

  selectedIndex(): number {
    const [selected] = this.#found('option[selected]');
    return selected === undefined ? -1 : this.#found('option').indexOf(selected);
  }

  toString(): string {
    const { url } = this.#page;
    if (nameOf(this.#node) === 'a') return url === '' ? (attributeOf(this.#node, 'href') ?? '') : this.href();
    return isTag(this.#node) ? '[object html.Node]' : `[object ${this.nodeName()}]`;
  }

  #address(name: string): string {
    const value = attributeOf(this.#node, name) ?? '';
    const { url } = this.#page;
    if (url === '' || value === '') return value;
    return URL.canParse(value, url) ? new URL(value, url).href : '';
  }
}
