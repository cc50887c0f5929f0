import { parseQuery } from '../tag-index/parse-query.js';
import type { HttpRequest } from '../transport/http-exchange.js';
import { offeredSubprotocols } from './offered-subprotocols.js';

/** Where a token may stand beside `Authorization`. */
export interface TokenPlaces {
  readonly queryKey: string | undefined;
  readonly subprotocolPrefix: string | undefined;
}

/** A token, and the offered subprotocol that carried it. */
export interface FoundToken {
  readonly token: string;
  readonly subprotocol?: string;
}

const BEARER = /^bearer +(\S+) *$/i;

/** The token of a request: of `Authorization: Bearer`, else of the query, else of a subprotocol; undefined when there is none. */
export function findToken(request: HttpRequest, places: TokenPlaces): FoundToken | undefined {
  const bearer = BEARER.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer };
  return queryToken(request, places) ?? subprotocolToken(request, places);
}

function queryToken({ query }: HttpRequest, { queryKey }: TokenPlaces): FoundToken | undefined {
  if (queryKey === undefined || query === '') return undefined;
  const token = parseQuery(query).get(queryKey);
  return token === undefined || token === '' ? undefined : { token };
}

function subprotocolToken({ headers }: HttpRequest, { subprotocolPrefix }: TokenPlaces): FoundToken | undefined {
  if (subprotocolPrefix === undefined) return undefined;
  const subprotocol = offeredSubprotocols(headers).find(
    (name) => name.startsWith(subprotocolPrefix) && name.length > subprotocolPrefix.length,
  );
  return subprotocol === undefined ? undefined : { token: subprotocol.slice(subprotocolPrefix.length), subprotocol };
}
