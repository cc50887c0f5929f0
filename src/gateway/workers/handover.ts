import { Agent, request, type IncomingMessage } from 'node:http';
import type { HttpExchange } from '../transport/http/http-exchange.js';
import { encodeHandedRequest } from './handed-request.js';

/** Headers that belong to the connection with the supervisor, or that the transport writes itself. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);
const UNREACHABLE = {
  status: 503,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: 'the gateway is stopping\n',
};

/** Passes requests of the internal API, which arrive at a worker, on to its supervisor. */
export class Handover {
  readonly #path: string;
  readonly #agent = new Agent({ keepAlive: true });

  /** `path` is that of the supervisor's unix socket. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when the answer has been passed back; a stream is passed on as it comes. */
  async pass(route: string, exchange: HttpExchange, trusted: boolean): Promise<void> {
    const body = encodeHandedRequest({ route, trusted, request: exchange.request });
    let answer: IncomingMessage;
    try {
      answer = await this.#ask(body);
    } catch {
      return exchange.answer(UNREACHABLE);
    }
    const head = { status: answer.statusCode ?? UNREACHABLE.status, headers: headersOf(answer) };
    if (answer.headers['content-length'] === undefined) passStream(answer, exchange, head);
    else await passWhole(answer, exchange, head);
  }

  stop(): void {
    this.#agent.destroy();
  }

  #ask(body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Length': body.length };
      const asked = request(
        { socketPath: this.#path, agent: this.#agent, method: 'POST', path: '/', headers },
        resolve,
      );
      asked.once('error', reject);
      asked.end(body);
    });
  }
}

interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

async function passWhole(answer: IncomingMessage, exchange: HttpExchange, head: AnswerHead): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk);
  } catch {
    return exchange.answer(UNREACHABLE);
  }
  exchange.answer({ ...head, body: Buffer.concat(chunks) });
}

function passStream(answer: IncomingMessage, exchange: HttpExchange, head: AnswerHead): void {
  const stream = exchange.stream(head);
  stream.onClose(() => answer.destroy());
  stream.onDrain(() => answer.resume());
  answer.on('data', (chunk: Buffer) => {
    if (!stream.write(chunk)) answer.pause();
  });
  answer.on('error', ignore);
  answer.on('close', () => stream.end());
}

/** The end of the answer is reported by its `close`. */
function ignore(): void {}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!OWN_HEADERS.has(name.toLowerCase())) headers[name] = rawHeaders[at + 1] ?? '';
  }
  return headers;
}
