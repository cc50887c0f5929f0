import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemErrorCode } from '../../../core/error.js';
import type { LastAnswers } from './last-answers.js';
import type { RawTargets } from './raw-target.js';
import { statusText } from './http-serve.js';

/** A request that the HTTP parser refused. */
export interface MalformedRequest {
  readonly peer: string;
  readonly status: number;
  /** The parser's message, without any bytes from the client. */
  readonly reason: string;
}

/** Called for each request that cannot be parsed. Clients control the rate of calls. */
export type OnMalformed = (request: MalformedRequest) => void;

export interface ClientErrorsDeps {
  readonly rawTargets: RawTargets;
  readonly lastAnswers: LastAnswers;
  readonly peerOf: (socket: Socket) => string;
  readonly onMalformed: OnMalformed | undefined;
}

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
/** The client disconnected in the middle of a request, so nobody would read an answer. */
const GONE = 'HPE_INVALID_EOF_STATE';

/** Answers requests that Node's parser refuses, as Node would by itself, and reports them. */
export class ClientErrors {
  readonly #deps: ClientErrorsDeps;
  /** The latest answer of each connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();

  constructor(deps: ClientErrorsDeps) {
    this.#deps = deps;
  }

  guard(server: Server): void {
    server.on('request', (req, res) => this.#answers.set(req.socket, res));
    server.on('clientError', (error, socket) => {
      // The parser refuses every further chunk as well.
      if (this.#deps.lastAnswers.has(socket)) return;
      const owed = this.#answers.get(socket);
      const isIdle = owed === undefined || owed.writableFinished;
      if (isIdle && this.#deps.rawTargets.rescue(server, socket, error)) return;
      this.#refuse(socket, error, !isIdle && owed.headersSent);
    });
  }

  #refuse(socket: Duplex, error: Error, isAnswering: boolean): void {
    const code = systemErrorCode(error) ?? '';
    const status = STATUS[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
    if (status === undefined || !socket.writable) return void socket.destroy();
    if (code !== GONE && socket instanceof Socket) this.#tell(socket, status, error);
    if (isAnswering || code === GONE) return void socket.destroy();
    // Without a length the body would extend to the end of the connection.
    const rest = 'Content-Length: 0\r\nConnection: close\r\n\r\n';
    this.#deps.lastAnswers.write(socket, `HTTP/1.1 ${statusText(status)}\r\n${rest}`);
  }

  /** A connection that sent no bytes made no request. */
  #tell(socket: Socket, status: number, error: Error): void {
    if (socket.bytesRead === 0) return;
    const reason = error.message.replace(/^Parse Error: /, '');
    this.#deps.onMalformed?.({ peer: this.#deps.peerOf(socket), status, reason });
  }
}
