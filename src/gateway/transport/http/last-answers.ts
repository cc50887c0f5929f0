import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Time that a client may go on sending after its answer. */
const LINGER_MS = 2_000;
/**
 * Maximum number of lingering connections; more are closed at once, so that a flood of refused
 * requests does not hold file descriptors.
 */
const MOST_LINGERING = 256;

/**
 * Writes answers after which the connection closes. Closing a socket with unread or arriving bytes
 * resets it, and a reset may discard the answer before the client has read it. Therefore this side
 * ends first, and bytes from the client are read and discarded until it ends too, for a bounded
 * time (RFC 9112 9.6).
 */
export class LastAnswers {
  readonly #lingering = new Set<Duplex>();

  /** Writes the raw answer and ends the connection. */
  write(socket: Duplex, answer: string): void {
    this.#linger(socket);
    socket.end(answer);
  }

  /** Whether the connection has received its last answer. */
  has(socket: Duplex): boolean {
    return this.#lingering.has(socket);
  }

  /** Cuts connections that are still lingering. */
  stop(): void {
    for (const socket of this.#lingering) socket.destroy();
  }

  #linger(socket: Duplex): void {
    const isOneTooMany = this.#lingering.size >= MOST_LINGERING;
    this.#lingering.add(socket);
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#lingering.delete(socket);
    });
    if (isOneTooMany) socket.once('finish', () => socket.destroy());
    socket.resume();
  }
}

/**
 * Ends an answer whose head is written. If the connection closes afterwards, the request is first
 * read to its end, for a bounded time.
 */
export function endAnswer(req: IncomingMessage, res: ServerResponse, body: string | Uint8Array): void {
  if (req.complete || res.shouldKeepAlive) {
    res.end(body);
    return;
  }
  // The client has the complete answer now, because the head states its length.
  if (body.length > 0) res.write(body);
  else res.flushHeaders();
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}
