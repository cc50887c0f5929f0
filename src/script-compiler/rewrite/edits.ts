import type { AnyNode } from 'acorn';
import MagicString, { type SourceMap } from 'magic-string';
import { childrenOf } from '../syntax.js';

/**
 * A set of edits that do not overlap: each wraps a node, replaces a range between nodes, or inserts
 * text after an opening brace. Wraps that begin or end at the same offset nest as their nodes do.
 */
export class Edits {
  readonly #text: MagicString;
  readonly #program: AnyNode;
  readonly #prefixes = new Map<AnyNode, string>();
  readonly #wraps = new Map<AnyNode, { before: string; after: string }>();

  constructor(code: string, program: AnyNode) {
    this.#text = new MagicString(code);
    this.#program = program;
  }

  /** Puts text around a node. A later wrap of the same node goes outside the earlier one. */
  wrap(node: AnyNode, before: string, after: string): void {
    // A sequence must remain one expression where it becomes an argument.
    const bare = node.type === 'SequenceExpression' ? { before: '(', after: ')' } : { before: '', after: '' };
    const inner = this.#wraps.get(node) ?? bare;
    this.#wraps.set(node, { before: before + inner.before, after: inner.after + after });
  }

  /** Puts text directly before a node, inside all of its wraps. */
  prefix(node: AnyNode, text: string): void {
    this.#prefixes.set(node, text);
  }

  /** Replaces the text between two offsets. No wrapped node may begin or end inside. */
  replace(start: number, end: number, content: string): void {
    this.#text.update(start, end, content);
  }

  /** Inserts text at an offset where no node begins or ends, such as after a brace. */
  insert(at: number, content: string): void {
    this.#text.appendLeft(at, content);
  }

  remove(node: AnyNode): void {
    this.#text.remove(node.start, node.end);
  }

  /** Applies all edits and puts the text between `head` and `foot`. */
  finish(head: string, foot: string): { code: string; map: SourceMap } {
    this.#apply(this.#program);
    this.#text.prepend(head).append(foot);
    return { code: this.#text.toString(), map: this.#text.generateMap({ hires: 'boundary' }) };
  }

  /** At the start of a node, outer wraps come before inner ones; at its end, inner before outer. */
  #apply(node: AnyNode): void {
    const wrap = this.#wraps.get(node);
    this.#wraps.delete(node);
    if (wrap !== undefined && wrap.before !== '') this.#text.appendRight(node.start, wrap.before);
    const prefix = this.#prefixes.get(node);
    if (prefix !== undefined) this.#text.appendRight(node.start, prefix);
    for (const child of childrenOf(node)) this.#apply(child);
    if (wrap !== undefined && wrap.after !== '') this.#text.appendLeft(node.end, wrap.after);
  }
}
