import { HttpCaller, type HttpAnswer } from './http-caller.js';

const MAX_KEY_SET_BYTES = 1024 * 1024;

/**
 * Fetches a key set; does not follow redirects. Rejects when there is no answer before the signal
 * aborts.
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

/** The same, with the signature that jose expects. */
export async function fetchKeySet(url: string, { signal }: { readonly signal: AbortSignal }): Promise<Response> {
  const { status, body } = await getKeySet(url, signal);
  return new Response(status === 200 ? body : null, { status });
}
