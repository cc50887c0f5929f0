import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/gateway/connection/connection.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testEndpoint } from '../../support/test-endpoint.js';

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2', '3');
const pairs = fc.dictionary(key, value, { minKeys: 1, maxKeys: 3 });
const step = fc.oneof(
  fc.record({ do: fc.constant('open' as const), tags: pairs }),
  fc.record({
    do: fc.constant('tag' as const),
    at: fc.nat(20),
    tags: fc.dictionary(key, fc.oneof(value, fc.constant(''))),
  }),
  fc.record({ do: fc.constant('close' as const), at: fc.nat(20) }),
  fc.record({ do: fc.constant('select' as const), pairs }),
);

/** Answers by looking at every connection. */
class Oracle {
  readonly all: { readonly connection: Connection; tags: Record<string, string> }[] = [];

  select(wanted: Readonly<Record<string, string>>): Connection[] {
    const found = this.all.filter(({ tags }) => Object.entries(wanted).every(([name, text]) => tags[name] === text));
    return found.map(({ connection }) => connection);
  }

  tree(): Record<string, string[]> {
    const tree: Record<string, string[]> = {};
    for (const name of ['a', 'b', 'c']) {
      const values = new Set(this.all.map(({ tags }) => tags[name]).filter((text) => text !== undefined));
      if (values.size > 0) tree[name] = [...values].sort();
    }
    return tree;
  }
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/**
 * Does one step on both. A select adds one sorted list of ids to `answers`, and what the oracle
 * says to `expected`.
 */
class Comparison {
  readonly registry = new ConnectionRegistry(new ConnectionIdSource(1));
  readonly oracle = new Oracle();
  readonly answers: string[][] = [];
  readonly expected: string[][] = [];
  readonly counts: number[] = [];

  apply(action: Step): void {
    if (action.do === 'open') {
      const connection = this.registry.open(idleSocket, testEndpoint(action.tags));
      this.oracle.all.push({ connection, tags: { ...action.tags } });
      return;
    }
    if (action.do === 'select') {
      this.select(action.pairs);
      return;
    }
    const target = this.oracle.all[action.at % Math.max(1, this.oracle.all.length)];
    if (target === undefined) return;
    if (action.do === 'close') {
      this.registry.close(target.connection);
      this.oracle.all.splice(this.oracle.all.indexOf(target), 1);
      return;
    }
    this.registry.setTags(target.connection, new Map(Object.entries(action.tags)));
    const changed = Object.entries({ ...target.tags, ...action.tags }).filter(([, text]) => text !== '');
    target.tags = Object.fromEntries(changed);
  }

  select(wanted: Readonly<Record<string, string>>): void {
    const selector: Selector = { kind: 'pairs', pairs: new Map(Object.entries(wanted)) };
    this.answers.push(sortedIds(this.registry.select(selector)));
    this.expected.push(sortedIds(this.oracle.select(wanted)));
    this.counts.push(this.registry.count(selector));
  }
}

function sortedIds(connections: Iterable<Connection>): string[] {
  return [...connections].map(({ id }) => id).sort();
}

describe('the tag index', () => {
  it('agrees with a scan of all connections after any sequence of open, tag, retag, untag and close', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const comparison = new Comparison();
        for (const action of steps) comparison.apply(action);
        const { registry, oracle, answers, expected, counts } = comparison;
        expect(answers).toEqual(expected);
        expect(counts).toEqual(expected.map((ids) => ids.length));
        const tree = [...registry.tree()].map(([name, values]) => [name, [...values].sort()] as const);
        expect(Object.fromEntries(tree)).toEqual(oracle.tree());
        expect(oracle.all.map(({ connection }) => Object.fromEntries(connection.tags))).toEqual(
          oracle.all.map(({ tags }) => tags),
        );
      }),
      { numRuns: 300 },
    );
  });
});
