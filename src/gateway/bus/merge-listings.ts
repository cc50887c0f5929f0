import type { ConnectionStatus } from './bus.js';

/** Pages of connections. */
export type PageSource = AsyncGenerator<readonly ConnectionStatus[], void>;

const PAGE = 1_000;

/** All pages, one source after the other. */
export async function* listOneByOne(sources: readonly PageSource[]): PageSource {
  for (const source of sources) yield* source;
}

/** The next connection of a source whose pages are sorted by id. */
interface Head {
  readonly source: PageSource;
  page: readonly ConnectionStatus[];
  at: number;
}

/** Merges sources whose pages are sorted by id, up to `limit` connections. */
export async function* listInOrder(sources: readonly PageSource[], limit = Infinity): PageSource {
  const heads: Head[] = sources.map((source) => ({ source, page: [], at: 0 }));
  try {
    await Promise.all(heads.map(refill));
    let page: ConnectionStatus[] = [];
    for (let left = limit; left > 0; left -= 1) {
      const least = leastOf(heads);
      const connection = least?.page[least.at];
      if (least === undefined || connection === undefined) break;
      page.push(connection);
      least.at += 1;
      if (least.at === least.page.length) await refill(least);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    await Promise.all(sources.map((source) => source.return()));
  }
}

/** Moves a head whose page is read to the next page with connections. */
async function refill(head: Head): Promise<void> {
  head.at = 0;
  do {
    const { value, done } = await head.source.next();
    head.page = done === true ? [] : value;
    if (done === true) return;
  } while (head.page.length === 0);
}

function leastOf(heads: readonly Head[]): Head | undefined {
  let least: Head | undefined;
  let id = '';
  for (const head of heads) {
    const connection = head.page[head.at];
    if (connection === undefined || (least !== undefined && connection.id >= id)) continue;
    least = head;
    id = connection.id;
  }
  return least;
}
