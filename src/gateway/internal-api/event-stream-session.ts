import type { Clock } from '../../core/clock.js';
import { encodeEventJson } from '../event/event-json.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { HttpStream } from '../transport/http/http-exchange.js';
import type { ReaderStart } from '../sinks/memory/event-reader.js';
import type { EventPage } from '../sinks/memory/event-ring.js';
import type { MemorySink, RingListener, RingSubscription } from '../sinks/memory/memory-sink.js';

const HEARTBEAT_MS = 15_000;
/** Reconnect delay for browsers. */
const RETRY_MS = 1_000;
/**
 * Limits of one write: large enough to amortize its cost, small enough that one reader does not
 * block the process.
 */
const PAGE: QueueLimits = { maxEvents: 500, maxBytes: 128 * 1024 };

/**
 * Start of a session. `isGap`: the requested event belongs to another boot, so the number of
 * missing events is unknown.
 */
export interface SessionStart {
  readonly place: ReaderStart;
  readonly isGap: boolean;
}

export interface EventStreamSessionDeps {
  readonly sink: MemorySink;
  readonly clock: Clock;
  readonly stream: HttpStream;
  readonly start: SessionStart;
}

/**
 * One reader of the event stream. Events are encoded when they are written, one page per tick.
 * Nothing more is written until the peer has accepted the last page (backpressure); a slow reader
 * falls behind in the ring and is told of the gap.
 */
export class EventStreamSession implements RingListener {
  readonly #sink: MemorySink;
  readonly #stream: HttpStream;
  readonly #subscription: RingSubscription;
  #isBlocked = false;
  #isClosed = false;
  #nextWrite: NodeJS.Immediate | undefined;
  #cancelHeartbeat: (() => void) | undefined;

  readonly #deps: EventStreamSessionDeps;

  constructor(deps: EventStreamSessionDeps) {
    this.#deps = deps;
    this.#sink = deps.sink;
    this.#stream = deps.stream;
    this.#subscription = deps.sink.subscribe(deps.start.place, this);
  }

  /** Streams until the peer disconnects, or the sink has stopped and everything is read. */
  start(): void {
    this.#stream.onDrain(() => this.#drained());
    this.#stream.onClose(() => this.#close());
    if (this.#isClosed) return;
    this.#write(this.#preamble());
    this.#armHeartbeat();
    this.#schedule();
  }

  grown(): void {
    this.#schedule();
  }

  stopped(): void {
    this.#schedule();
  }

  /**
   * Returns an id without data: a browser stores it as its position and dispatches nothing, so that
   * even the first reconnect loses no event.
   */
  #preamble(): string {
    const place = `id: ${this.#sink.idAt(this.#subscription.reader.position)}\n`;
    const gap = this.#deps.start.isGap ? 'event: gap\ndata: {"missing":"unknown"}\n' : '';
    return `retry: ${RETRY_MS}\n\n${place}${gap}\n`;
  }

  #schedule(): void {
    if (this.#isBlocked || this.#isClosed) return;
    this.#nextWrite ??= setImmediate(() => this.#writePage());
  }

  #writePage(): void {
    this.#nextWrite = undefined;
    if (this.#isBlocked || this.#isClosed) return;
    const page = this.#subscription.reader.read(PAGE);
    if (page.missing > 0 || page.events.length > 0) this.#write(this.#encode(page));
    if (!this.#subscription.reader.isCaughtUp()) this.#schedule();
    else if (this.#sink.isStopped()) this.#finish();
  }

  #encode(page: EventPage): string {
    let text = page.missing > 0 ? this.#encodeGap(page) : '';
    for (const event of page.events) {
      text += `id: ${event.placeId ?? event.id}\nevent: ${event.action}\ndata: ${encodeEventJson(event)}\n\n`;
    }
    return text;
  }

  /**
   * Encodes a gap with the id of the last missing event, so that a reader that resumes there is
   * told of the gap only once.
   */
  #encodeGap(page: EventPage): string {
    const lastMissing = page.position - page.events.length;
    return `id: ${this.#sink.idAt(lastMissing)}\nevent: gap\ndata: {"missing":${page.missing}}\n\n`;
  }

  #write(text: string): void {
    if (!this.#stream.write(text)) this.#isBlocked = true;
  }

  #drained(): void {
    this.#isBlocked = false;
    this.#schedule();
  }

  /** Keeps proxies from closing a silent stream, and detects peers that have disconnected. */
  #armHeartbeat(): void {
    this.#cancelHeartbeat = this.#deps.clock.schedule(() => {
      if (!this.#isBlocked) this.#write(':\n\n');
      this.#armHeartbeat();
    }, HEARTBEAT_MS);
  }

  #finish(): void {
    this.#close();
    this.#stream.end();
  }

  #close(): void {
    this.#isClosed = true;
    clearImmediate(this.#nextWrite);
    this.#cancelHeartbeat?.();
    this.#subscription.leave();
  }
}
