import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

/** One block of a Server-Sent Events stream; comments under `comment`. */
export type StreamBlock = Readonly<Record<string, string>>;

/** A reader of Server-Sent Events over a real socket, closed at the end of the test. */
export class EventStreamClient {
  #rest = '';
  readonly #blocks: StreamBlock[] = [];
  #waiting: (() => void) | undefined;
  #isEnded = false;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk) => this.#receive(String(chunk)));
    response.once('close', () => {
      this.#isEnded = true;
      this.#waiting?.();
    });
    // A stream that is cut ends here; tests look at the events before that.
    response.on('error', () => undefined);
  }

  /** Resolves when the head of the answer has arrived. */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventStreamClient> {
    const sent = request(url, { headers, agent: false }).end();
    onTestFinished(() => void sent.destroy());
    const [response]: IncomingMessage[] = await once(sent, 'response');
    if (response === undefined) throw new Error('there is no response');
    return new EventStreamClient(response);
  }

  /** Resolves with the next block; with undefined at the end of the stream. */
  async next(): Promise<StreamBlock | undefined> {
    while (this.#blocks.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#blocks.shift();
  }

  /** Resolves with the next blocks; with fewer when the stream ends first. */
  async nextBlocks(count: number): Promise<StreamBlock[]> {
    const blocks: StreamBlock[] = [];
    while (blocks.length < count) {
      const block = await this.next();
      if (block === undefined) break;
      blocks.push(block);
    }
    return blocks;
  }

  /** Closes the connection. */
  close(): void {
    this.response.destroy();
  }

  #receive(text: string): void {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop() ?? '';
    this.#blocks.push(...parts.map(parseBlock));
    this.#waiting?.();
  }
}

function parseBlock(text: string): StreamBlock {
  const fields = text.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon) || 'comment', line.slice(colon + 1).replace(/^ /, '')];
  });
  return Object.fromEntries(fields);
}
