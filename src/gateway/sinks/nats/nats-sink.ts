import { errorMessage } from '../../../core/error.js';
import { BackendRefusal } from '../../../core/backend-refusal.js';
import { encodeEventJson } from '../../event/event-json.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { maskUrl } from '../../../core/masked-url.js';
import { BatchOutcome, inOneWave, wavesOfConnections, type PublishWave } from '../batch-outcome.js';
import { encodeOrRefuse } from '../encode-or-refuse.js';
import type { Blame, EventSink, SinkDeps, SinkFailure, SinkReceipt, StartPurpose } from '../event-sink.js';
import { SinkLink } from '../sink-link.js';
import { NatsLink, type NatsAck } from './nats.js';

/** Holds credentials: never to be logged. */
export interface NatsSinkConfig {
  readonly addr: string;
  readonly stream: string;
  /** May be a template. */
  readonly subject: string;
}

/**
 * The narrowest stream subject that matches everything a template can give. Substituted values may
 * contain dots.
 */
export function streamSubject(template: string): string {
  const tokens = template.split('.');
  const firstVariable = tokens.findIndex((token) => token.includes('{'));
  return firstVariable < 0 ? template : [...tokens.slice(0, firstVariable), '>'].join('.');
}

/**
 * Whether a subject may be published to: it has no empty token, no wildcard and no white space.
 */
export function isPublishable(subject: string): boolean {
  return /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject);
}

/** Whether one of a stream's subjects, which may have wildcards, matches this subject. */
export function isTaken(subject: string, subjects: readonly string[]): boolean {
  return subjects.some((pattern) => matches(subject.split('.'), pattern.split('.')));
}

function matches(tokens: readonly string[], pattern: readonly string[]): boolean {
  for (const [index, wanted] of pattern.entries()) {
    const token = tokens[index];
    if (token === undefined) return false;
    if (wanted === '>') return true;
    if (wanted !== '*' && wanted !== token) return false;
  }
  return tokens.length === pattern.length;
}

/** `err_code` of the server: the expected last message is not the newest. */
const WRONG_LAST_ID = 10_070;
/**
 * The message or its headers are too large, because the limit was changed after the link was
 * opened.
 */
const TOO_LARGE_CODES: ReadonlySet<number> = new Set([10_054, 10_097]);
/** Another stream takes the subject. */
const OTHER_STREAM = 10_060;
/** No stream takes the subject. */
const NO_STREAM = 'no stream listens';

/**
 * Publishes a batch to JetStream at once, each message on the condition that the one before it is
 * the newest of the stream. When the server loses one, it denies everything behind it, so nothing
 * overtakes. The condition cannot hold when others write to the stream too; from then on one
 * message of a connection is in flight at a time.
 */
export class NatsSink implements EventSink {
  readonly name = 'nats';
  readonly #link: SinkLink<NatsLink>;
  /** No other writer has been seen on the stream. */
  #isAlone = true;
  readonly #config: NatsSinkConfig;
  readonly #deps: SinkDeps;

  constructor(config: NatsSinkConfig, deps: SinkDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#link = new SinkLink({
      sink: this.name,
      peer: 'NATS server',
      shownAddr: maskUrl(config.addr),
      hint: 'Check the credentials in stream_nats.addr, that JetStream is on, and that the stream takes the subject and acknowledges (no_ack: false).',
      open: (purpose, giveUp) => this.#openLink(purpose, giveUp),
      clock: deps.clock,
    });
  }

  destinationOf({ destinations }: GatewayEvent): string | undefined {
    return this.#isOneSubject ? undefined : destinations?.[this.#deps.position];
  }

  start(purpose: StartPurpose = 'deliver'): Promise<void> {
    return this.#link.start(purpose, ({ limits, isStreamThere }) => {
      const { subject, stream } = this.#config;
      if (!isStreamThere || subject.includes('{') || isTaken(subject, limits.subjects)) return;
      const taken = limits.subjects.length === 0 ? 'no subjects' : limits.subjects.join(', ');
      throw new BackendRefusal(`the stream '${stream}' takes ${taken}, but not '${subject}'`);
    });
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    return this.#link.finishing(this.#publishBatch(batch));
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  async #publishBatch(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const link = await this.#link.opened();
    const publishing = new Publishing(link, batch, {
      stream: this.#config.stream,
      subject: this.#config.subject,
      isOne: this.#isOneSubject,
      position: this.#deps.position,
    });
    await publishing.sortOut();
    const waves = this.#isAlone ? inOneWave(batch) : wavesOfConnections(batch);
    for (const wave of waves) {
      if (publishing.outcome.hasFailure) break;
      await publishing.publishWave(wave, this.#isAlone);
    }
    if (publishing.isForeignWriterSeen) this.#shareStream();
    const receipt = publishing.outcome.receipt();
    if (receipt.settled === 0 && receipt.failure !== undefined) throw this.#link.away(receipt.failure);
    return receipt;
  }

  get #isOneSubject(): boolean {
    return !this.#config.subject.includes('{');
  }

  #shareStream(): void {
    this.#isAlone = false;
    this.#deps.log.info('nats.stream-shared', {
      stream: this.#config.stream,
      effect: 'one event of a connection is in flight at a time',
    });
  }

  async #openLink(purpose: StartPurpose, giveUp: AbortSignal): Promise<NatsLink> {
    const { addr, stream, subject } = this.#config;
    const subjects = [streamSubject(subject)];
    const link = await NatsLink.open({ addr, stream, subjects, makesStream: purpose === 'deliver', giveUp });
    const { maxBytes, maxBytesSetting: setting } = link.limits;
    this.#deps.reportLimit({ maxBytes, setting, encoding: 'json', effect: 'refused' });
    return link;
  }
}

interface PublishingOptions {
  readonly stream: string;
  readonly subject: string;
  /** All events go to this one subject. */
  readonly isOne: boolean;
  /** The sink's position in an event's destinations. */
  readonly position: number;
}

/** The delivery of one batch. */
class Publishing {
  readonly outcome: BatchOutcome;
  isForeignWriterSeen = false;
  readonly #subjects: readonly string[];
  readonly #contents: readonly (Buffer | undefined)[];

  readonly #link: NatsLink;
  readonly #batch: readonly GatewayEvent[];
  readonly #options: PublishingOptions;

  constructor(link: NatsLink, batch: readonly GatewayEvent[], options: PublishingOptions) {
    this.#link = link;
    this.#batch = batch;
    this.#options = options;
    this.outcome = new BatchOutcome(batch);
    this.#subjects = batch.map((event) => event.destinations?.[options.position] ?? options.subject);
    this.#contents = batch.map((event, index) => this.#encode(event, index));
  }

  /**
   * Sorts out events that the stream does not accept now. Its limits may have changed since the
   * link was opened.
   */
  async sortOut(): Promise<void> {
    if (!this.#batch.some((event, index) => this.#isUnfit(event, index))) return;
    await this.#link.refreshLimits();
    // The known limits may be outdated, and nothing is published on this link any more.
    if (this.#link.closedBecause !== undefined) return;
    const { maxBytes: bound } = this.#link.limits;
    if (this.#batch.every((event, index) => this.#bytes(event, index) > bound)) {
      // When every event exceeds the limit, the limit itself may be the mistake. The outbox finds
      // out whether other events pass.
      this.outcome.failed(0, { blames: 'event', reason: `It is larger than ${bound} bytes.` });
      return;
    }
    for (const [index, event] of this.#batch.entries()) {
      const { maxBytes, subjects } = this.#link.limits;
      const subject = this.#subjects[index] ?? '';
      if (!isPublishable(subject))
        this.outcome.refused(index, 'Its subject is empty, or has a wildcard or white space.');
      else if (this.#bytes(event, index) > maxBytes)
        this.outcome.refused(index, `It is larger than ${maxBytes} bytes.`);
      else if (!isTaken(subject, subjects)) this.#notTaken(index);
    }
  }

  /** Publishes these events at once, and waits for all answers. */
  async publishWave(wave: PublishWave, isChained: boolean): Promise<void> {
    const fit = wave.filter(([index]) => this.outcome.isPending(index));
    const acks = await Promise.all(
      fit.map(([index, event], position) =>
        this.#publish(index, event, isChained ? fit[position - 1]?.[1].id : undefined),
      ),
    );
    for (const [position, ack] of acks.entries()) {
      const before = acks[position - 1];
      this.#settle(fit[position]?.[0] ?? -1, ack);
      const isWrongLast = ack.kind === 'denied' && ack.code === WRONG_LAST_ID;
      if (isWrongLast && before?.kind === 'stored' && !before.duplicate) this.isForeignWriterSeen = true;
    }
  }

  #encode(event: GatewayEvent, index: number): Buffer | undefined {
    // Saves the encoding of a message that the server would not take.
    if ((event.message?.byteLength ?? 0) > this.#link.limits.maxBytes) return undefined;
    const content = encodeOrRefuse(event, (each) => Buffer.from(encodeEventJson(each)));
    if (Buffer.isBuffer(content)) return content;
    this.outcome.refused(index, content.reason);
    return undefined;
  }

  /** With a single subject, the failure concerns all events. */
  #notTaken(index: number): void {
    const failure: SinkFailure = {
      blames: 'destination',
      reason: `The stream '${this.#options.stream}' does not take the subject '${this.#subjects[index] ?? ''}'.`,
    };
    if (this.#options.isOne) this.outcome.failed(index, failure);
    else this.outcome.passed(index, failure);
  }

  async #publish(index: number, { id, reason }: GatewayEvent, after: string | undefined): Promise<NatsAck> {
    const content = this.#contents[index];
    // The message exceeds the limit at the opening of the link, but not the present one.
    if (content === undefined) {
      return { kind: 'lost', why: this.#link.closedBecause ?? 'the limits of the stream have changed' };
    }
    try {
      return await this.#link.publish({ subject: this.#subjects[index] ?? '', id, content, reason, after });
    } catch (error) {
      return { kind: 'lost', why: errorMessage(error) };
    }
  }

  #settle(index: number, ack: NatsAck): void {
    if (ack.kind === 'stored') return this.outcome.taken(index);
    this.outcome.failed(index, { blames: blameOf(ack), reason: ack.why });
  }

  #isUnfit(event: GatewayEvent, index: number): boolean {
    if (!this.outcome.isPending(index)) return false;
    const { subjects, maxBytes } = this.#link.limits;
    const subject = this.#subjects[index] ?? '';
    return !isPublishable(subject) || !isTaken(subject, subjects) || this.#bytes(event, index) > maxBytes;
  }

  #bytes({ message }: GatewayEvent, index: number): number {
    return (this.#contents[index]?.length ?? message?.byteLength ?? 0) + HEADER_BYTES;
  }
}

function blameOf(ack: Exclude<NatsAck, { kind: 'stored' }>): Blame {
  if (ack.kind === 'lost') return ack.why === NO_STREAM ? 'destination' : 'attempt';
  if (TOO_LARGE_CODES.has(ack.code)) return 'event';
  // `discard_new_per_subject`: the subject is full, others may not be.
  return ack.code === OTHER_STREAM || /per subject/.test(ack.why) ? 'destination' : 'attempt';
}

/** Upper bound on a message's headers: two event ids, the stream's name, a reason. */
const HEADER_BYTES = 512;
