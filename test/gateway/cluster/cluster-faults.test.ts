import { expect, it } from 'vitest';
import { SeededRandom } from '../../../src/core/seeded-random.js';
import type { CallOutcome } from '../../../src/gateway/bus/bus.js';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { ClusterFixture, ROOM_A, type FixtureNode } from '../../support/cluster-fixture.js';

const DEADLINE_MS = 1000;
const CONNECTIONS = 2;
const SEEDS = 8;
const STEPS = 60;

interface Sent {
  readonly text: string;
  readonly from: string;
  readonly sentAt: number;
  outcome?: CallOutcome;
  answeredAt?: number;
}

/** Sends from all nodes while links are cut, deaf, mute, slow and repeat messages. */
class FaultyRun {
  readonly sent: Sent[] = [];
  readonly #random: SeededRandom;
  #count = 0;

  constructor(
    readonly cluster: ClusterFixture,
    seed: number,
  ) {
    this.#random = new SeededRandom(seed);
    cluster.hub.copies = () => (this.#random.below(10) === 0 ? 2 : 1);
    cluster.hub.holds = () => this.#random.below(3) === 0;
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) await this.#step();
    for (const { engine } of this.cluster.nodes) heal(engine);
    await this.cluster.advance(12_000);
  }

  async #step(): Promise<void> {
    const { nodes } = this.cluster;
    const node = nodes[this.#random.below(nodes.length)];
    if (node === undefined) return;
    const dice = this.#random.below(24);
    if (dice < 14) for (let left = this.#random.integer(1, 4); left > 0; left -= 1) this.#send(node);
    else if (dice === 14) node.engine.cut();
    else if (dice === 15) node.engine.isDeaf = true;
    else if (dice === 16) node.engine.isMute = true;
    else heal(node.engine);
    await this.cluster.advance(this.#random.below(8) === 0 ? 3_000 : this.#random.below(200));
  }

  /** All connections, or two of them by their ids. */
  #selector(): Selector {
    if (this.#random.below(2) === 0) return ROOM_A;
    const ids = this.cluster.nodes.flatMap((node) => node.ids);
    return { kind: 'ids', ids: new Set([0, 1].map(() => ids[this.#random.below(ids.length)] ?? '')) };
  }

  #send(node: FixtureNode): void {
    this.#count += 1;
    const sent: Sent = { text: String(this.#count), from: node.name, sentAt: this.cluster.clock.now() };
    this.sent.push(sent);
    void node.send(sent.text, this.#selector(), { deadlineMs: DEADLINE_MS }).then((outcome) => {
      sent.outcome = outcome;
      sent.answeredAt = this.cluster.clock.now();
    });
  }
}

/** Ends the faults of a node. */
function heal(engine: FixtureNode['engine']): void {
  engine.isDeaf = false;
  engine.isMute = false;
  engine.restore();
}

/** Counts that are not what the connections of a node received, of nodes that are not named as silent. */
function wrongCounts(nodes: readonly FixtureNode[], { text, outcome }: Sent): string[] {
  if (outcome === undefined) return [`${text} has no outcome`];
  if (outcome.silent.includes('*')) return [];
  return nodes.flatMap(({ name, received }) => {
    const got = received.filter((texts) => texts.includes(text)).length;
    const count = outcome.counts.get(name) ?? 0;
    return count === got || outcome.silent.includes(name)
      ? []
      : [`${text} on ${name}: ${count} counted, ${got} received`];
  });
}

/** Texts that a connection received twice, or before an earlier one of the same node. */
function misplaced(texts: readonly string[], senderOf: ReadonlyMap<string, string>): string[] {
  const last = new Map<string, number>();
  return texts.filter((text) => {
    const from = senderOf.get(text) ?? '';
    const isMisplaced = Number(text) <= (last.get(from) ?? 0);
    last.set(from, Number(text));
    return isMisplaced;
  });
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
  'counts exactly, sends once and keeps the order while links fail, with seed %i',
  async (seed) => {
    const cluster = await ClusterFixture.of([1, 2, 3], DEADLINE_MS);
    const { nodes } = cluster;
    for (const node of nodes) node.open(CONNECTIONS);
    const run = new FaultyRun(cluster, seed);
    await run.run();
    expect(run.sent.flatMap((sent) => wrongCounts(nodes, sent))).toEqual([]);
    const late = run.sent.filter(({ sentAt, answeredAt = Infinity }) => answeredAt - sentAt > DEADLINE_MS + 20);
    expect(late).toEqual([]);
    expect(run.sent.some(({ outcome }) => outcome?.silent.length === 0)).toBe(true);
    const senderOf = new Map(run.sent.map(({ text, from }) => [text, from]));
    for (const { received } of nodes) for (const texts of received) expect(misplaced(texts, senderOf)).toEqual([]);
    expect((await cluster.during(nodes[0]?.send('at the end')))?.counts.size).toBe(3);
  },
);
