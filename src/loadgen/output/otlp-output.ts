import { errorMessage } from '../../core/error.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';
import type { LoadOutput } from './load-outputs.js';
import { otlpJson } from './otlp-json.js';

const REQUEST_BOUND_MS = 5000;

/**
 * Sends the run so far to an OpenTelemetry collector, each second, one request at a time. Its
 * values are cumulative: a second that was left out because the collector was slow or away is in
 * the next one.
 */
export class OtlpOutput implements LoadOutput {
  readonly description: string;
  readonly #url: URL;
  /** The latest that was not sent. */
  #waiting: RunSnapshot | undefined;
  #isSent: Promise<void> | undefined;
  #skipped = 0;
  #failed = 0;
  #lastFailure = '';

  /** The path of the URL is `/v1/metrics` unless it has one. */
  constructor(url: URL) {
    this.#url = new URL(url.pathname === '/' ? '/v1/metrics' : url.href, url);
    this.description = `otlp (${this.#url.origin}${this.#url.pathname})`;
  }

  async start(): Promise<void> {}

  takeSnapshot(snapshot: RunSnapshot): void {
    if (this.#isSent !== undefined) {
      this.#skipped += 1;
      this.#waiting = snapshot;
      return;
    }
    this.#waiting = undefined;
    this.#isSent = this.#send(snapshot).finally(() => {
      this.#isSent = undefined;
    });
  }

  /**
   * Waits for the request under way, then sends the end of the run if that was not in it; each
   * within its bound.
   */
  async stop(): Promise<readonly string[]> {
    await this.#isSent;
    if (this.#waiting !== undefined) {
      this.#skipped -= 1;
      await this.#send(this.#waiting);
    }
    const sentences: string[] = [];
    if (this.#failed > 0)
      sentences.push(`${this.#failed} requests to ${this.#url.origin} failed: ${this.#lastFailure}`);
    if (this.#skipped > 0)
      sentences.push(`${this.#skipped} seconds were not sent to ${this.#url.origin} on their own, for it was slow`);
    return sentences;
  }

  async #send(snapshot: RunSnapshot): Promise<void> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(otlpJson(snapshot)),
        signal: AbortSignal.timeout(REQUEST_BOUND_MS),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`it answered ${response.status}`);
    } catch (error) {
      this.#failed += 1;
      this.#lastFailure = failureText(error);
    }
  }
}

/** `fetch` says what is wrong only in the cause of its error. */
function failureText(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
