import { once } from 'node:events';
import { get } from 'node:http';

const END_OF_EVENT = '\n\n';

/**
 * `GET /events` of a gateway, from the first event that it keeps: calls `onEvent(action, event,
 * id)` for each, in order.
 */
export class EventStream {
  #response;
  #onEvent;
  #pieces = [];
  /** Resolves when the stream has ended, from either side. */
  ended;

  static async follow(port, onEvent) {
    const stream = new EventStream();
    stream.#onEvent = onEvent;
    const request = get({ host: '127.0.0.1', port, path: '/events?since=0', agent: false });
    const [response] = await once(request, 'response');
    if (response.statusCode !== 200) throw new Error(`GET /events answered ${response.statusCode}`);
    stream.#response = response;
    stream.ended = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => undefined);
    response.setEncoding('utf8');
    response.on('data', (text) => stream.#take(text));
    return stream;
  }

  stop() {
    this.#response.destroy();
  }

  /**
   * An event may be tens of megabytes in thousands of chunks: they are joined once, when its end
   * has come.
   */
  #take(text) {
    const last = this.#pieces.at(-1) ?? '';
    // The end may be cut in two.
    const isEnd = text.includes(END_OF_EVENT) || (last.endsWith('\n') && text.startsWith('\n'));
    this.#pieces.push(text);
    if (!isEnd) return;
    const events = this.#pieces.join('').split(END_OF_EVENT);
    this.#pieces = [events.pop()];
    for (const event of events) this.#emit(event);
  }

  #emit(block) {
    const fields = new Map(block.split('\n').map((line) => splitField(line)));
    const text = fields.get('data');
    if (text !== undefined) this.#onEvent(fields.get('event'), JSON.parse(text), fields.get('id'));
  }
}

function splitField(line) {
  const colon = line.indexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}
