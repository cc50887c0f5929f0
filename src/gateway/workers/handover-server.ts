import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { HttpExchange } from '../transport/http/http-exchange.js';
import { serveHttp } from '../transport/http/http-serve.js';
import { NodeExchange } from '../transport/http/node-http.js';
import { decodeHandedRequest } from './handed-request.js';

export interface HandoverServerDeps {
  readonly log: Logger;
  /** Answers a request on the route with this path. */
  readonly serve: (route: string, exchange: HttpExchange, trusted: boolean) => void | Promise<void>;
}

/**
 * Answers requests of clients that workers hand over, on a unix socket in a folder that only this
 * user may enter.
 */
export class HandoverServer {
  readonly #deps: HandoverServerDeps;
  readonly #server: Server;

  constructor(deps: HandoverServerDeps) {
    this.#deps = deps;
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (req, res) => void this.#answer(req, res));
  }

  /** Rejects when the path cannot be listened on. */
  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // Exclusive: node:cluster must not take part in it.
      this.#server.listen({ path, exclusive: true }, resolve);
    });
  }

  /** Ends streams and cuts what is under way. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { log, serve } = this.#deps;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const { route, trusted, request } = decodeHandedRequest(Buffer.concat(chunks));
      serveHttp((exchange) => serve(route, exchange, trusted), new NodeExchange(req, res, request), log);
    } catch (error) {
      log.error('worker.handover-failed', { reason: errorMessage(error) });
      res.destroy();
    }
  }
}
