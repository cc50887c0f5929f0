import type { ConnectionStatus, StatusListing, StatusRequest } from '../bus/bus.js';
import type { Member } from './members.js';
import { EVERYBODY, namesOf } from './outcomes.js';

/** Most connections that a node lists in one answer. */
const PAGE = 1000;

/** Asks a node for connections behind `after`, sorted by id; undefined when it does not answer. */
export type AskForPage = (
  member: Member,
  request: StatusRequest,
) => Promise<{ readonly page: readonly ConnectionStatus[]; readonly silent: readonly string[] } | undefined>;

export interface ClusterListingDeps {
  readonly own: StatusListing;
  readonly members: readonly Member[];
  /** Whether this node hears all others. */
  readonly isIn: boolean;
  readonly ask: AskForPage;
}

/** Lists the connections of all nodes: merged by id, or node after node. */
export function listCluster(request: StatusRequest, { own, members, isIn, ask }: ClusterListingDeps): StatusListing {
  const silent = new Set<string>(isIn ? [] : [EVERYBODY]);
  const sources = members.map((member) => pagesOf(member, request, { ask, silent }));
  const isSorted = request.after !== undefined || request.limit !== undefined;
  const all = [own.pages, ...sources];
  return {
    pages: isSorted ? merge(all, request.limit ?? Number.POSITIVE_INFINITY) : concat(all),
    silent: () => namesOf(own.silent(), [...silent]),
  };
}

/** Reads the connections of one node, page by page, until it falls silent. */
async function* pagesOf(
  member: Member,
  { selector, after, limit }: StatusRequest,
  { ask, silent }: Pick<ClusterListingDeps, 'ask'> & { readonly silent: Set<string> },
): AsyncGenerator<readonly ConnectionStatus[]> {
  let from = after;
  for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0;) {
    const size = Math.min(PAGE, left);
    const answer = await ask(member, { selector, after: from, limit: size });
    for (const name of answer?.silent ?? [member.name]) silent.add(name);
    const last = answer?.page.at(-1);
    if (answer === undefined || last === undefined) return;
    yield answer.page;
    if (answer.page.length < size) return;
    left -= answer.page.length;
    from = last.id;
  }
}

async function* concat(
  sources: readonly AsyncIterable<readonly ConnectionStatus[]>[],
): AsyncGenerator<readonly ConnectionStatus[]> {
  for (const source of sources) yield* source;
}

/** One sorted source of a merge, with its next connection. */
class Head {
  readonly #pages: AsyncIterator<readonly ConnectionStatus[]>;
  #page: readonly ConnectionStatus[] = [];
  #at = 0;

  constructor(pages: AsyncIterable<readonly ConnectionStatus[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  get next(): ConnectionStatus | undefined {
    return this.#page[this.#at];
  }

  get isEmpty(): boolean {
    return this.#at >= this.#page.length;
  }

  take(): void {
    this.#at += 1;
  }

  /** Reads the next page. */
  async read(): Promise<void> {
    this.#at = 0;
    do {
      const { done, value } = await this.#pages.next();
      this.#page = done === true ? [] : value;
      if (done === true) return;
    } while (this.#page.length === 0);
  }
}

/** Merges sorted sources into pages of at most 1,000. All nodes are asked at the same time. */
async function* merge(
  sources: readonly AsyncIterable<readonly ConnectionStatus[]>[],
  limit: number,
): AsyncGenerator<readonly ConnectionStatus[]> {
  const heads = sources.map((source) => new Head(source));
  await Promise.all(heads.map((head) => head.read()));
  let page: ConnectionStatus[] = [];
  for (let left = limit; left > 0; left -= 1) {
    const head = least(heads);
    const next = head?.next;
    if (head === undefined || next === undefined) break;
    page.push(next);
    head.take();
    if (head.isEmpty) await head.read();
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The head with the smallest id. */
function least(heads: readonly Head[]): Head | undefined {
  let found: Head | undefined;
  for (const head of heads) {
    if (head.next === undefined) continue;
    if (found?.next === undefined || head.next.id < found.next.id) found = head;
  }
  return found;
}
