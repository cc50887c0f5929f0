import type { ConnectionStatus, StatusListing, StatusRequest } from '../bus/bus.js';
import { listInOrder, listOneByOne, type PageSource } from '../bus/merge-listings.js';
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
  const all = [ownPages(own), ...sources];
  return {
    pages: isSorted ? listInOrder(all, request.limit) : listOneByOne(all),
    silent: () => namesOf(own.silent(), [...silent]),
  };
}

async function* ownPages({ pages }: StatusListing): PageSource {
  yield* pages;
}

/** Reads the connections of one node, page by page, until it falls silent. */
async function* pagesOf(
  member: Member,
  { selector, after, limit }: StatusRequest,
  { ask, silent }: Pick<ClusterListingDeps, 'ask'> & { readonly silent: Set<string> },
): PageSource {
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
