import type { Clock } from '../../core/clock.js';
import type { ConnectionStatus, StatusListing } from '../bus/bus.js';

/** A page of a listing. */
export interface ListingPage {
  readonly connections: readonly ConnectionStatus[];
  /** Whether another page may follow. */
  readonly hasMore: boolean;
  /** Nodes whose connections are missing; complete on the last page. */
  readonly silent: readonly string[];
}

interface OpenListing {
  readonly pages: AsyncIterator<readonly ConnectionStatus[]>;
  readonly silent: () => readonly string[];
  cancelEnd: () => void;
}

/** Longest wait for the reader of a listing to ask for the next page. */
const UNREAD_MS = 60_000;

/** Listings of connections that another process reads page by page, by the number of its call. */
export class OpenListings {
  readonly #clock: Clock;
  readonly #open = new Map<number, OpenListing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens a listing and returns its first page. */
  first(call: number, listing: StatusListing): Promise<ListingPage> {
    const pages = listing.pages[Symbol.asyncIterator]();
    this.#open.set(call, { pages, silent: () => listing.silent(), cancelEnd: () => undefined });
    return this.next(call);
  }

  /** The next page; an empty last one for a listing that is not open. */
  async next(call: number): Promise<ListingPage> {
    const listing = this.#open.get(call);
    if (listing === undefined) return { connections: [], hasMore: false, silent: [] };
    listing.cancelEnd();
    const { value, done } = await listing.pages.next();
    if (done === true) this.#open.delete(call);
    else listing.cancelEnd = this.#clock.schedule(() => this.end(call), UNREAD_MS);
    return { connections: done === true ? [] : value, hasMore: done !== true, silent: listing.silent() };
  }

  /** Gives up a listing that is not read to its end. */
  end(call: number): void {
    const listing = this.#open.get(call);
    if (listing === undefined) return;
    listing.cancelEnd();
    this.#open.delete(call);
    void listing.pages.return?.();
  }

  /** Gives up all listings. */
  endAll(): void {
    for (const call of this.#open.keys()) this.end(call);
  }
}
