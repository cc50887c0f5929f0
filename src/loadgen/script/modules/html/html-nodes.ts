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
 * The document of a text, as the HTML standard parses it. What a `template` holds are its children,
 * as in k6.
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

/** A selector as a predicate; one that cannot be parsed matches nothing, as in k6. */
export function matching(selector: string): Match {
  try {
    const predicate = compile<AnyNode, Element>(selector);
    return (node) => isTag(node) && predicate(node);
  } catch {
    return () => false;
  }
}

export function childrenOf(node: AnyNode): readonly AnyNode[] {
  return hasChildren(node) ? node.children : [];
}

/** All nodes below, in the order of the document. */
export function descendants(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  const open = [...childrenOf(node)].toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next);
    openTemplate(next);
    open.push(...[...childrenOf(next)].toReversed());
  }
  return found;
}

/** The elements around a node, nearest first. */
export function ancestors(node: AnyNode): Element[] {
  const found: Element[] = [];
  for (let next = node.parent; next !== null && isTag(next); next = next.parent) found.push(next);
  return found;
}

/** The elements beside a node, nearest first. */
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

/** The node's name as k6 has it: `#text`, `#document`, a tag's name in lower case. */
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

/** What is inside a node, written as Go's `html.Render` does. */
export function innerHtml(node: AnyNode | undefined): string {
  return node === undefined ? '' : childrenOf(node).map(outerHtml).join('');
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

/** The value that an option or button stands for. */
export function valueOrHtml(node: AnyNode | undefined): string {
  return attributeOf(node, 'value') ?? innerHtml(node);
}

/** The value of a form's field; undefined of anything else. */
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
