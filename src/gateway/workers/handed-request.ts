import { z } from 'zod';
import type { HttpRequest } from '../transport/http/http-exchange.js';

/** A request that a worker hands over to its supervisor: it has been allowed and routed. */
const handed = z.object({
  /** Path of the route, decoded. */
  route: z.string(),
  /** Whether the caller may use the internal API. */
  trusted: z.boolean(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  remoteAddress: z.string(),
});

/** A request on its way from a worker to the supervisor. */
export interface HandedRequest {
  readonly route: string;
  readonly trusted: boolean;
  readonly request: HttpRequest;
}

/** Encodes a request as JSON, so that every byte of its head arrives as the worker saw it. */
export function encodeHandedRequest({ route, trusted, request }: HandedRequest): Buffer {
  const { method, path, query, headers, remoteAddress } = request;
  const record: z.input<typeof handed> = { route, trusted, method, path, query, headers: [...headers], remoteAddress };
  return Buffer.from(JSON.stringify(record));
}

/** Decodes a request. Throws for anything else. */
export function decodeHandedRequest(bytes: Uint8Array): HandedRequest {
  const { route, trusted, headers, ...rest } = handed.parse(JSON.parse(Buffer.from(bytes).toString()));
  return { route, trusted, request: { ...rest, headers: new Map(headers) } };
}
