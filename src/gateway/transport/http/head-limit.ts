import type { IncomingMessage } from 'node:http';

/**
 * Peers whose requests may have a query beyond the limit on heads, such as a list of thousands of
 * ids.
 */
export interface LongQueries {
  /** In addition to the limit on heads. */
  readonly maxBytes: number;
  allows(address: string): boolean;
  /** Whether the peer is a proxy, whose clients are known only when a request has been parsed. */
  isProxy(peer: string): boolean;
}

/** The limit on request line and headers. */
export interface HeadLimit {
  readonly maxHeadBytes: number;
  /** Undefined: no peer may send long queries. */
  readonly longQueries: LongQueries | undefined;
}

/** Size of a request line with its headers, and of the query in it. */
export interface HeadSize {
  readonly headBytes: number;
  readonly queryBytes: number;
}

/** Bytes of the request line besides method and target. */
const REQUEST_LINE_REST = 14;
/** Separator and line end of a header line. */
const HEADER_LINE_REST = 4;

/** Whether the head of a parsed request exceeds what its sender may send. */
export function isHeadTooLarge(size: HeadSize, limit: HeadLimit, sender: { readonly remoteAddress: string }): boolean {
  const { headBytes, queryBytes } = size;
  const { maxHeadBytes, longQueries } = limit;
  if (headBytes <= maxHeadBytes) return false;
  if (longQueries === undefined || headBytes - queryBytes > maxHeadBytes) return true;
  return queryBytes > longQueries.maxBytes || !longQueries.allows(sender.remoteAddress);
}

/**
 * Returns the largest head that any request of this peer may have. The parser needs it before the
 * request is read.
 */
export function mostHeadBytes({ maxHeadBytes, longQueries }: HeadLimit, peer: string): number {
  if (longQueries === undefined) return maxHeadBytes;
  const mayBeLong = longQueries.allows(peer) || longQueries.isProxy(peer);
  return mayBeLong ? maxHeadBytes + longQueries.maxBytes : maxHeadBytes;
}

/** Adds up the size of a head, line by line. */
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

/** Returns the size of a head that Node has parsed. */
export function sizeOfHead({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): HeadSize {
  const mark = url.indexOf('?');
  const pathBytes = mark === -1 ? url.length : mark;
  const count = new HeadCount(method, pathBytes, url.length - pathBytes);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) count.addHeader(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  return count;
}
