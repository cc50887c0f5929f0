import type { AnyNode } from 'acorn';
import MagicString, { type SourceMap } from 'magic-string';
import { childrenOf } from '../syntax.js';

/**
 * Edits of a text that never meet: each is a wrap of a node, a replaced range between nodes, or an
 * insertion behind an opening brace. Wraps that begin or end at one offset nest as their nodes do.
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

  /** Puts text round a node; a later wrap of the same node goes round the earlier. */
  wrap(node: AnyNode, before: string, after: string): void {
    // A sequence stays one expression where it becomes an argument.
    const bare = node.type === 'SequenceExpression' ? { before: '(', after: ')' } : { before: '', after: '' };
    const inner = this.#wraps.get(node) ?? bare;
    this.#wraps.set(node, { before: before + inner.before, after: inner.after + after });
  }

  /** Puts text directly before a node, inside all of its wraps. */
  prefix(node: AnyNode, text: string): void {
    this.#prefixes.set(node, text);
  }

  /** Replaces what is between two offsets, where no wrapped node begins or ends inside. */
  replace(start: number, end: number, content: string): void {
    this.#text.update(start, end, content);
  }

  /** Inserts at an offset at which no node begins or ends, such as behind a brace. */
  insert(at: number, content: string): void {
    this.#text.appendLeft(at, content);
  }

  remove(node: AnyNode): void {
    this.#text.remove(node.start, node.end);
  }

  /** Applies all wraps and puts the text into a frame. */
  finish(head: string, foot: string): { code: string; map: SourceMap } {
    this.#apply(this.#program);
    this.#text.prepend(head).append(foot);
    return { code: this.#text.toString(), map: this.#text.generateMap({ hires: 'boundary' }) };
  }

  /** Outer before inner at a beginning, inner before outer at an end. */
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
