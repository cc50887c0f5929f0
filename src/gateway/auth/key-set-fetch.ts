import { HttpCaller, type HttpAnswer } from './http-caller.js';

const MAX_KEY_SET_BYTES = 1024 * 1024;

/**
 * Gets a key set; follows no redirect. Rejects when there is no answer before the signal aborts.
 */
export function getKeySet(url: string, signal: AbortSignal): Promise<HttpAnswer> {
  const headers = { accept: 'application/json, application/jwk-set+json' };
  return new HttpCaller({ keepAlive: false }).call({
    url,
    method: 'GET',
    headers,
    maxAnswerBytes: MAX_KEY_SET_BYTES,
    signal,
  });
}

/** The same, as the library for tokens calls it. */
export async function fetchKeySet(url: string, { signal }: { readonly signal: AbortSignal }): Promise<Response> {
  const { status, body } = await getKeySet(url, signal);
  return new Response(status === 200 ? body : null, { status });
}
