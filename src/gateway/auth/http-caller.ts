import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { systemErrorCode } from '../../core/error.js';

export interface HttpCall {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Maximum size of the answer; a longer one rejects. */
  readonly maxAnswerBytes: number;
  /** Aborts the call at any stage: DNS lookup, TCP, TLS, head or body. */
  readonly signal: AbortSignal;
}

/** A backend's answer. */
export interface BackendAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Idle time after which a kept-alive connection is closed. */
const IDLE_MS = 30_000;
/** Errors of a write or read on a connection that the backend closed while it was idle. */
const CLOSED_IDLE: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Calls backends; does not follow redirects. A finished call holds no socket, whereas `fetch` would
 * leave one in its TLS handshake behind.
 */
export class HttpCaller {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor({ keepAlive }: { readonly keepAlive: boolean }) {
    const options = { keepAlive, noDelay: true, timeout: IDLE_MS };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  /**
   * Resolves to the answer. Rejects with the signal's reason when it aborts, and without an answer
   * or with one that is too large.
   */
  async call(call: HttpCall): Promise<BackendAnswer> {
    const request = this.#open(call);
    try {
      return await exchange(request, call);
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      // The backend closed the idle connection while the request was being sent, which is not a
      // failure of the backend: try once more.
      if (!request.reusedSocket || !CLOSED_IDLE.has(systemErrorCode(error))) throw error;
      return await exchange(this.#open(call), call);
    }
  }

  #open({ url, method, headers, body }: HttpCall): ClientRequest {
    const isSecure = url.startsWith('https:');
    const open = isSecure ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const agent = isSecure ? this.#https : this.#http;
    return open(url, { method, agent, headers: { 'accept-encoding': 'identity', ...headers, ...length } });
  }
}

function exchange(request: ClientRequest, { body, signal, maxAnswerBytes }: HttpCall): Promise<BackendAnswer> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void request.destroy(asError(signal.reason));
    request.once('close', () => signal.removeEventListener('abort', abort));
    request.on('error', reject);
    request.once('response', (response) => void readAnswer(response, maxAnswerBytes).then(resolve, reject));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    request.end(body);
  });
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<BackendAnswer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop destroys the response and its connection.
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: headersOf(response), body: Buffer.concat(chunks).toString() };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
