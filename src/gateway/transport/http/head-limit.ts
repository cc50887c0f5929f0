import type { IncomingMessage } from 'node:http';

/**
 * Peers whose requests may have a query that the bound on heads leaves no room for, such as a list
 * of thousands of ids.
 */
export interface LongQueries {
  /** Comes on top of the bound on heads. */
  readonly maxBytes: number;
  allows(address: string): boolean;
  /**
   * Whether the peer passes on requests of others, who are asked for only when a request has been
   * read.
   */
  isProxy(peer: string): boolean;
}

/** What request line and headers may have. */
export interface HeadLimit {
  readonly maxHeadBytes: number;
  /** Undefined: nobody may. */
  readonly longQueries: LongQueries | undefined;
}

/** Bytes of a request line and its headers, and of the query among them. */
export interface HeadSize {
  readonly headBytes: number;
  readonly queryBytes: number;
}

/** What stands between the parts of the first line. */
const REQUEST_LINE_REST = 14;
/** What stands between name and value, and the line's end. */
const HEADER_LINE_REST = 4;

/** Whether a request that has been read has a head that its sender may not send. */
export function isHeadTooLarge(size: HeadSize, limit: HeadLimit, sender: { readonly remoteAddress: string }): boolean {
  const { headBytes, queryBytes } = size;
  const { maxHeadBytes, longQueries } = limit;
  if (headBytes <= maxHeadBytes) return false;
  if (longQueries === undefined || headBytes - queryBytes > maxHeadBytes) return true;
  return queryBytes > longQueries.maxBytes || !longQueries.allows(sender.remoteAddress);
}

/**
 * The most that any request of this peer may have: what a parser is told before the request is
 * read.
 */
export function mostHeadBytes({ maxHeadBytes, longQueries }: HeadLimit, peer: string): number {
  if (longQueries === undefined) return maxHeadBytes;
  const mayBeLong = longQueries.allows(peer) || longQueries.isProxy(peer);
  return mayBeLong ? maxHeadBytes + longQueries.maxBytes : maxHeadBytes;
}

/** The size of a head line by line. */
export class HeadCount implements HeadSize {
  headBytes: number;
  readonly queryBytes: number;

  constructor(method: string, pathBytes: number, queryBytes: number) {
    this.headBytes = method.length + pathBytes + queryBytes + REQUEST_LINE_REST;
    this.queryBytes = queryBytes;
  }

  addHeader(name: string, value: string): void {
    this.headBytes += name.length + value.length + HEADER_LINE_REST;
  }
}

/** The size of a head as Node has read it. */
export function sizeOfHead({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): HeadSize {
  const mark = url.indexOf('?');
  const pathBytes = mark === -1 ? url.length : mark;
  const count = new HeadCount(method, pathBytes, url.length - pathBytes);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) count.addHeader(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  return count;
}
