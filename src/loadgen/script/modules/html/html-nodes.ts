import { compile } from 'css-select';
import {
  type AnyNode,
  type Document,
  type Element,
  hasChildren,
  isComment,
  isDirective,
  isDocument,
  isTag,
  isText,
} from 'domhandler';
import { parse } from 'parse5';
import { adapter } from 'parse5-htmlparser2-tree-adapter';

export type Match = (node: AnyNode) => boolean;

const VOID = /^(?:area|base|br|col|embed|hr|img|input|keygen|link|meta|param|source|track|wbr)$/;
const RAW_TEXT = /^(?:iframe|noembed|noframes|noscript|plaintext|script|style|xmp)$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\r': '&#13;',
};

/**
 * Parses HTML as the standard specifies. The content of a `template` becomes its children, as in
 * k6.
 */
export function parseDocument(text: string): Document {
  const document = parse(text, { treeAdapter: adapter });
  if (/<template/i.test(text)) for (const node of descendants(document)) openTemplate(node);
  return document;
}

function openTemplate(node: AnyNode): void {
  if (!isTag(node) || node.name !== 'template') return;
  const [content] = node.children;
  if (content === undefined || !isDocument(content)) return;
  node.children = content.children;
  for (const child of node.children) child.parent = node;
}

/** Compiles a selector to a predicate. An invalid selector matches nothing, as in k6. */
export function matching(selector: string): Match {
  try {
    const predicate = compile<AnyNode, Element>(selector);
    return (node) => isTag(node) && predicate(node);
  } catch {
    return () => false;
  }
}

export function childNodes(node: AnyNode): readonly AnyNode[] {
  return hasChildren(node) ? node.children : [];
}

/** Returns all descendants in document order. */
export function descendants(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  const open = [...childNodes(node)].toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next);
    openTemplate(next);
    open.push(...[...childNodes(next)].toReversed());
  }
  return found;
}

/** Returns the ancestor elements, nearest first. */
export function ancestors(node: AnyNode): Element[] {
  const found: Element[] = [];
  for (let next = node.parent; next !== null && isTag(next); next = next.parent) found.push(next);
  return found;
}

/** Returns the sibling elements on one side, nearest first. */
export function elementsBeside(node: AnyNode, side: 'next' | 'prev'): Element[] {
  const found: Element[] = [];
  for (let next: AnyNode | null = node[side]; next !== null; next = next[side]) if (isTag(next)) found.push(next);
  return found;
}

export function isInside(node: AnyNode, outer: AnyNode): boolean {
  for (let next: AnyNode | null = node.parent; next !== null; next = next.parent) if (next === outer) return true;
  return false;
}

export function attributeOf(node: AnyNode | undefined, name: string): string | undefined {
  return node !== undefined && isTag(node) && Object.hasOwn(node.attribs, name) ? node.attribs[name] : undefined;
}

/** Returns the node's name as k6 does: `#text`, `#document`, or the tag name in lower case. */
export function nameOf(node: AnyNode | undefined): string {
  if (node === undefined) return '';
  if (isTag(node)) return node.name;
  if (isText(node)) return '#text';
  if (isComment(node)) return '#comment';
  return isDocument(node) ? '#document' : 'html';
}

export function textOf(node: AnyNode): string {
  const nodes = isText(node) ? [node] : descendants(node).filter(isText);
  return nodes.map(({ data }) => data).join('');
}

/** Serialises the content of a node as Go's `html.Render` does. */
export function innerHtml(node: AnyNode | undefined): string {
  return node === undefined ? '' : childNodes(node).map(outerHtml).join('');
}

function outerHtml(node: AnyNode): string {
  if (isText(node)) {
    const { parent } = node;
    return parent !== null && isTag(parent) && RAW_TEXT.test(parent.name) ? node.data : escaped(node.data);
  }
  if (isComment(node)) return `<!--${node.data}-->`;
  if (isDirective(node)) return `<${node.data.replace(/^!doctype/i, '!DOCTYPE')}>`;
  if (!isTag(node)) return innerHtml(node);
  const attributes = Object.entries(node.attribs).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const start = `<${node.name}${attributes.join('')}`;
  return VOID.test(node.name) ? `${start}/>` : `${start}>${innerHtml(node)}</${node.name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&'<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Returns the value of an option or a button, or its content. */
export function valueOrHtml(node: AnyNode | undefined): string {
  return attributeOf(node, 'value') ?? innerHtml(node);
}

/** Returns the value of a form field; undefined for any other node. */
export function fieldValue(node: AnyNode | undefined): string | string[] | undefined {
  return node === undefined ? undefined : FIELD_VALUES[nameOf(node)]?.(node);
}

const FIELD_VALUES: Readonly<Record<string, (field: AnyNode) => string | string[]>> = {
  input: (field) => attributeOf(field, 'value') ?? (CHOICE.test(attributeOf(field, 'type') ?? '') ? 'on' : ''),
  button: (field) => attributeOf(field, 'value') ?? '',
  textarea: innerHtml,
  option: valueOrHtml,
  select: selectedValue,
};
const CHOICE = /^(?:radio|checkbox)$/;

function selectedValue(select: AnyNode): string | string[] {
  const selected = descendants(select).filter(matching('option[selected]'));
  return attributeOf(select, 'multiple') === undefined ? valueOrHtml(selected[0]) : selected.map(valueOrHtml);
}

/** A name and value of a form. */
interface FormValue {
  readonly name: string;
  readonly value: string | string[] | undefined;
}

const BUTTONS = /^(?:submit|button|reset|image|file)$/;

/**
 * Returns the fields that a browser would submit: those inside forms, otherwise those among the
 * nodes.
 */
export function formValues(nodes: readonly AnyNode[]): FormValue[] {
  const isForm = nodes.some((node) => nameOf(node) === 'form');
  const among = isForm ? nodes.flatMap((node) => descendants(node)) : nodes;
  return [...new Set(among)]
    .filter(matching('input,select,textarea,keygen'))
    .filter(isSent)
    .map((node) => ({ name: attributeOf(node, 'name') ?? '', value: fieldValue(node) }));
}

// k6 recognises only the forms `disabled="disabled"` and `checked="checked"`.
function isSent(node: AnyNode): boolean {
  const type = attributeOf(node, 'type') ?? '';
  const isChoice = type === 'checkbox' || type === 'radio';
  return (
    (attributeOf(node, 'name') ?? '') !== '' &&
    attributeOf(node, 'disabled') !== 'disabled' &&
    !BUTTONS.test(type) &&
    (!isChoice || attributeOf(node, 'checked') === 'checked')
  );
}

/** Words that k6 capitalises as parts of a property name: `data-user-id` becomes `userID`. */
const INITIALISMS =
  /^(?:acl|api|ascii|cpu|css|dns|eof|eta|gpu|guid|html|https?|id|ip|json|lhs|os|qps|ram|rhs|rpc|sla|smtp|ssh|sql|tcp|tls|ttl|udp|ui|uid|uuid|uri|url|utf8|vm|xml|xmpp|xsrf|xss)$/;

/** Returns the value of one `data-` attribute, or all of them as an object. */
export function dataOf(node: AnyNode | undefined, name: string | undefined): unknown {
  if (node === undefined || !isTag(node) || Object.keys(node.attribs).length === 0) return undefined;
  if (name !== undefined) {
    const value = attributeOf(node, `data-${attributeName(name)}`);
    return value === undefined ? undefined : dataValue(value);
  }
  const entries = Object.entries(node.attribs).filter(([key]) => key.startsWith('data-') && key.length > 5);
  return Object.fromEntries(entries.map(([key, value]) => [propertyName(key.slice(5)), dataValue(value)]));
}

function attributeName(property: string): string {
  return property
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

function propertyName(attribute: string): string {
  const [first = '', ...rest] = attribute.split('-');
  return first + rest.map(capitalized).join('');
}

function capitalized(word: string): string {
  return INITIALISMS.test(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1);
}

function dataValue(text: string): unknown {
  if (text === '' || text === 'null' || text === 'undefined') return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^[[{]/.test(text)) return parsedJson(text);
  return Number.isFinite(Number(text)) && String(Number(text)) === text ? Number(text) : text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
