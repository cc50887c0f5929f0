import type { RuntimeOptions } from '../../plan/runtime-options.js';
import type { HttpRequest, RefusedRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';

type AnyRequest = HttpRequest | RefusedRequest;

/** Sends all requests, `batch` at once at most and `batchPerHost` to one host; resolves with the answers by key, in the order of the requests. */
export async function runBatch(
  requests: readonly (readonly [key: string, request: AnyRequest])[],
  send: (request: AnyRequest) => Promise<HttpResponse>,
  { batch, batchPerHost }: Pick<RuntimeOptions, 'batch' | 'batchPerHost'>,
): Promise<Record<string, HttpResponse>> {
  const responses = new Map<string, HttpResponse>();
  const waiting = [...requests];
  const perHost = new Map<string, number>();
  const isFree = (request: AnyRequest): boolean =>
    batchPerHost === 0 || (perHost.get(hostOf(request)) ?? 0) < batchPerHost;
  const next = async (): Promise<void> => {
    const index = waiting.findIndex(([, request]) => isFree(request));
    const [taken] = index < 0 ? [] : waiting.splice(index, 1);
    if (taken === undefined) return;
    const [key, request] = taken;
    const host = hostOf(request);
    perHost.set(host, (perHost.get(host) ?? 0) + 1);
    responses.set(key, await send(request));
    perHost.set(host, (perHost.get(host) ?? 1) - 1);
    await next();
  };
  await Promise.all(Array.from({ length: Math.min(batch, requests.length) }, next));
  return Object.fromEntries(
    requests.flatMap(([key]) => {
      const response = responses.get(key);
      return response === undefined ? [] : [[key, response]];
    }),
  );
}

function hostOf(request: AnyRequest): string {
  return 'bad' in request ? '' : request.url.host;
}
