import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** A request as it arrived, with its whole body. */
export interface BackendRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * A backend on a free port of loopback, stopped at the end of the test. By default it answers an
 * empty 200.
 */
export class HttpBackend {
  readonly requests: BackendRequest[] = [];
  answering: (request: BackendRequest, response: ServerResponse) => void = (_request, response) => void response.end();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.requests.push(seen);
      this.answering(seen, response);
    });
  });

  static async start(): Promise<HttpBackend> {
    const backend = new HttpBackend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => backend.stop());
    return backend;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** Answers every request with this JSON. */
  answer(json: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
    this.answering = (_request, response) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(json));
    };
  }

  /** Idempotent. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
