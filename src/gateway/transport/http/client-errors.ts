import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemErrorCode } from '../../../core/error.js';
import type { LastAnswers } from './last-answers.js';
import type { RawTargets } from './raw-target.js';
import { statusText } from './http-serve.js';

/** A request that was refused before it could be read. */
export interface MalformedRequest {
  readonly peer: string;
  readonly status: number;
  /** In the parser's words, without anything that the client sent. */
  readonly reason: string;
}

/** Told of each request that cannot be read; strangers can provoke it at any rate. */
export type OnMalformed = (request: MalformedRequest) => void;

export interface ClientErrorsOptions {
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
/** The client has gone in the middle of a request: its answer is nobody's to read. */
const GONE = 'HPE_INVALID_EOF_STATE';

/** Answers what Node's parser refuses, as Node would by itself, and tells of it. */
export class ClientErrors {
  readonly #options: ClientErrorsOptions;
  /** The latest answer of each connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();

  constructor(options: ClientErrorsOptions) {
    this.#options = options;
  }

  guard(server: Server): void {
    server.on('request', (req, res) => this.#answers.set(req.socket, res));
    server.on('clientError', (error, socket) => {
      // The parser refuses each piece that still comes.
      if (this.#options.lastAnswers.has(socket)) return;
      const owed = this.#answers.get(socket);
      const isIdle = owed === undefined || owed.writableFinished;
      if (isIdle && this.#options.rawTargets.rescue(server, socket, error)) return;
      this.#refuse(socket, error, !isIdle && owed.headersSent);
    });
  }

  #refuse(socket: Duplex, error: Error, isAnswering: boolean): void {
    const code = systemErrorCode(error) ?? '';
    const status = STATUS[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
    if (status === undefined || !socket.writable) return void socket.destroy();
    if (code !== GONE && socket instanceof Socket) this.#tell(socket, status, error);
    if (isAnswering || code === GONE) return void socket.destroy();
    // Without a length the body would last until the connection ends.
    const rest = 'Content-Length: 0\r\nConnection: close\r\n\r\n';
    this.#options.lastAnswers.write(socket, `HTTP/1.1 ${statusText(status)}\r\n${rest}`);
  }

  /** A connection on which nothing ever came is no request. */
  #tell(socket: Socket, status: number, error: Error): void {
    if (socket.bytesRead === 0) return;
    const reason = error.message.replace(/^Parse Error: /, '');
    this.#options.onMalformed?.({ peer: this.#options.peerOf(socket), status, reason });
  }
}
