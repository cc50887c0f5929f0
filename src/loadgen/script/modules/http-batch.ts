import type { RuntimeOptions } from '../../plan/runtime-options.js';
import type { HttpRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';

/** Sends all requests, `batch` at once at most and `batchPerHost` to one host; resolves with the answers by key, in the order of the requests. */
export async function runBatch(
  requests: readonly (readonly [key: string, request: HttpRequest])[],
  send: (request: HttpRequest) => Promise<HttpResponse>,
  { batch, batchPerHost }: Pick<RuntimeOptions, 'batch' | 'batchPerHost'>,
): Promise<Record<string, HttpResponse>> {
  const responses = new Map<string, HttpResponse>();
  const waiting = [...requests];
  const perHost = new Map<string, number>();
  const isFree = ({ url }: HttpRequest): boolean => batchPerHost === 0 || (perHost.get(url.host) ?? 0) < batchPerHost;
  const next = async (): Promise<void> => {
    const index = waiting.findIndex(([, request]) => isFree(request));
    const [taken] = index < 0 ? [] : waiting.splice(index, 1);
    if (taken === undefined) return;
    const [key, request] = taken;
    const { host } = request.url;
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
