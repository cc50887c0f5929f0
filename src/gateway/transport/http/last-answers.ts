import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a client that has its answer may go on sending. */
const LINGER_MS = 2_000;
/**
 * More connections than these at a time are closed at once: a flood of refused requests is not to
 * hold files.
 */
const MOST_LINGERING = 256;

/**
 * Answers after which the connection closes. A socket that is closed over bytes nobody has read, or
 * that gets more of them afterwards, is reset, and a reset takes the answer away from a client that
 * has not read it yet. So our side ends, and what the client still sends is read and thrown away
 * until it ends too, for a bounded time (RFC 9112 9.6).
 */
export class LastAnswers {
  readonly #lingering = new Set<Duplex>();

  /** Writes the answer as it is and ends the connection. */
  write(socket: Duplex, answer: string): void {
    this.#linger(socket);
    socket.end(answer);
  }

  /** Whether the connection has had its last answer. */
  has(socket: Duplex): boolean {
    return this.#lingering.has(socket);
  }

  /** Cuts those that are still ending. */
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
 * Ends an answer whose head is written. Where the connection closes after it, the request is read
 * to its end first, for a bounded time.
 */
export function endAnswer(req: IncomingMessage, res: ServerResponse, body: string | Uint8Array): void {
  if (req.complete || res.shouldKeepAlive) {
    res.end(body);
    return;
  }
  // The client has the whole answer now: the head says how long it is.
  if (body.length > 0) res.write(body);
  else res.flushHeaders();
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}
