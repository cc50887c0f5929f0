import type { HttpExchange } from '../transport/http-exchange.js';

/** One path of the internal API. */
export interface Route {
  readonly path: string;
  /** Other methods are answered 405. A route that takes GET is given HEAD as well: transports leave the body out, but a stream must end. */
  readonly method: 'GET' | 'POST';
  /** Answers anybody, not only those who may use the internal API; it is told which of the two asks. */
  readonly open: boolean;
  handle(exchange: HttpExchange, trusted: boolean): void | Promise<void>;
}
