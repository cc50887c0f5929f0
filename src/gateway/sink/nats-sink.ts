import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { NatsSinkConfig } from '../config/sink-config.js';
import { BackendRefusal } from '../drivers/backend-refusal.js';
import type { NatsAck } from '../drivers/nats-ack.js';
import { NatsLink } from '../drivers/nats.js';
import { encodeEventJson } from '../event/event-json.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import { maskUrl } from '../log/masked-url.js';
import { BatchOutcome } from './batch-outcome.js';
import type { EventSink, SinkReceipt, StartPurpose } from './event-sink.js';
import type { TellLimit } from './message-limit.js';
import { isPublishable, isTaken, streamSubject } from './nats-subject.js';
import { inOneWave, wavesOfConnections, type PublishWave } from './publish-waves.js';
import { waitAtMost } from './wait-at-most.js';

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;
/** The server's `err_code`s that matter here. */
const WRONG_LAST_ID = 10_070;
/** Too large, header too large, another stream takes the subject: no later try will change it. */
const REFUSED_CODES: ReadonlySet<number> = new Set([10_054, 10_097, 10_060]);

export interface NatsSinkOptions {
  readonly config: NatsSinkConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tellLimit?: TellLimit;
}

/**
 * Publishes a batch to JetStream at once, each message on the condition that the one before it is the newest of the
 * stream: what the server loses on the way takes everything behind it along, so nothing overtakes. Where others write to
 * the stream too that cannot hold; from then on a connection has one message under way at a time.
 */
export class NatsSink implements EventSink {
  readonly name = 'nats';
  private link: NatsLink | undefined;
  /** Nobody else has been seen to write to the stream. */
  private isAlone = true;
  private isStopped = false;
  private underWay: Promise<unknown> = Promise.resolve();
  private purpose: StartPurpose = 'deliver';
  private readonly giveUp = new AbortController();
  private readonly config: NatsSinkConfig;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly tellLimit: TellLimit;
  private readonly shownAddr: string;

  constructor({ config, clock, log, tellLimit = () => undefined }: NatsSinkOptions) {
    this.tellLimit = tellLimit;
    this.config = config;
    this.clock = clock;
    this.log = log;
    this.shownAddr = maskUrl(config.addr);
  }

  start(purpose: StartPurpose = 'deliver'): Promise<void> {
    this.purpose = purpose;
    const starting = this.startLink();
    this.underWay = starting;
    return starting;
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.publishBatch(batch);
    this.underWay = delivering;
    return delivering;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.giveUp.abort(new Error('the sink was stopped'));
    await waitAtMost(this.clock, this.underWay, FINISH_MS);
    await this.link?.close();
  }

  private async startLink(): Promise<void> {
    try {
      const { limits, isStreamThere } = await this.openLink();
      const { subject, stream } = this.config;
      if (!isStreamThere || subject.includes('{') || isTaken(subject, limits.subjects)) return;
      const taken = limits.subjects.length === 0 ? 'no subjects' : limits.subjects.join(', ');
      throw new BackendRefusal(`the stream '${stream}' takes ${taken}, but not '${subject}'`);
    } catch (error) {
      if (!(error instanceof BackendRefusal)) throw this.awayError(errorMessage(error), error);
      throw new WsgError('sink.refused', `The nats sink was refused by ${this.shownAddr}: ${error.message}`, {
        hint: 'Check the credentials in stream_nats.addr, that JetStream is on, and that the stream takes the subject and acknowledges (no_ack: false).',
        cause: error,
      });
    }
  }

  private async publishBatch(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const link = await this.openLink().catch((error: unknown) => {
      throw this.awayError(errorMessage(error), error);
    });
    const publishing = new Publishing(link, batch, this.config.subject);
    await publishing.refuseUnfit();
    const waves = this.isAlone ? inOneWave(batch) : wavesOfConnections(batch);
    for (const wave of waves) {
      await publishing.publishWave(wave, this.isAlone);
      if (publishing.failure !== undefined) break;
    }
    if (publishing.isForeignWriterSeen) this.shareStream();
    const receipt = publishing.outcome.receipt();
    if (receipt.settled === 0 && publishing.failure !== undefined) throw this.awayError(publishing.failure);
    return receipt;
  }

  private shareStream(): void {
    this.isAlone = false;
    this.log.info('nats.stream-shared', {
      stream: this.config.stream,
      effect: 'one event of a connection is under way at a time',
    });
  }

  private async openLink(): Promise<NatsLink> {
    if (this.isStopped) throw new Error('the sink was stopped');
    if (this.link !== undefined && this.link.closedBecause === undefined) return this.link;
    await this.link?.close();
    this.link = undefined;
    const { addr, stream, subject } = this.config;
    const subjects = [streamSubject(subject)];
    const giveUp = this.giveUp.signal;
    const link = await NatsLink.open({ addr, stream, subjects, makesStream: this.purpose === 'deliver', giveUp });
    this.link = link;
    const { maxBytes, maxBytesSetting: setting } = link.limits;
    this.tellLimit({ maxBytes, setting, encoding: 'json', effect: 'refused' });
    // A stop that came meanwhile has closed what there was.
    if (this.isStopped) await link.close();
    return link;
  }

  private awayError(why: string, cause?: unknown): Error {
    return new Error(`The NATS server ${this.shownAddr} is away: ${why}`, { cause });
  }
}

/** One batch on its way. */
class Publishing {
  readonly outcome: BatchOutcome;
  /** Why the first event that is to be offered again failed. */
  failure: string | undefined;
  isForeignWriterSeen = false;
  private readonly subjects: readonly string[];
  private readonly contents: readonly Buffer[];
  private readonly unfit = new Set<number>();

  constructor(
    private readonly link: NatsLink,
    private readonly batch: readonly GatewayEvent[],
    subject: string,
  ) {
    this.outcome = new BatchOutcome(batch);
    this.subjects = batch.map((event) => event.destinations?.nats ?? subject);
    this.contents = batch.map((event) => Buffer.from(encodeEventJson(event)));
  }

  /** Refuses what the stream does not take, as it is now: it may have been changed since the link was opened. */
  async refuseUnfit(): Promise<void> {
    if (!this.batch.some((_, index) => this.unfitness(index) !== undefined)) return;
    await this.link.refreshLimits().catch(() => undefined);
    for (const index of this.batch.keys()) {
      const reason = this.unfitness(index);
      if (reason === undefined) continue;
      this.unfit.add(index);
      this.outcome.refused(index, reason);
    }
  }

  /** Publishes these events at once, and waits for what becomes of all of them. */
  async publishWave(wave: PublishWave, isChained: boolean): Promise<void> {
    const fit = wave.filter(([index]) => !this.unfit.has(index));
    const acks = await Promise.all(
      fit.map(([index, event], position) =>
        this.publish(index, event, isChained ? fit[position - 1]?.[1].id : undefined),
      ),
    );
    for (const [position, ack] of acks.entries()) {
      const before = acks[position - 1];
      this.settle(fit[position]?.[0] ?? -1, ack);
      const isWrongLast = ack.kind === 'denied' && ack.code === WRONG_LAST_ID;
      if (isWrongLast && before?.kind === 'stored' && !before.duplicate) this.isForeignWriterSeen = true;
    }
  }

  private async publish(index: number, { id, reason }: GatewayEvent, after: string | undefined): Promise<NatsAck> {
    const content = this.contents[index] ?? Buffer.alloc(0);
    try {
      return await this.link.publish({ subject: this.subjects[index] ?? '', id, content, reason, after });
    } catch (error) {
      return { kind: 'lost', why: errorMessage(error) };
    }
  }

  private settle(index: number, ack: NatsAck): void {
    if (ack.kind === 'stored') return this.outcome.taken(index);
    if (ack.kind === 'denied' && REFUSED_CODES.has(ack.code))
      return this.outcome.refused(index, `JetStream: ${ack.why}.`);
    this.failure ??= ack.why;
    this.outcome.failed(index);
  }

  private unfitness(index: number): string | undefined {
    const { subjects, maxBytes } = this.link.limits;
    const subject = this.subjects[index] ?? '';
    if (!isPublishable(subject)) return 'Its subject is none.';
    if (!isTaken(subject, subjects)) return 'The stream does not take its subject.';
    const bytes = (this.contents[index]?.length ?? 0) + HEADER_BYTES;
    return bytes > maxBytes ? `It is larger than ${maxBytes} bytes.` : undefined;
  }
}

/** Enough for the headers of every message: two event ids, the stream's name, a reason. */
const HEADER_BYTES = 512;
