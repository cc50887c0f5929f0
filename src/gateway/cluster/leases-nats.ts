import { z } from 'zod';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { formatNode } from '../connection/connection-id.js';
import { Lifeline } from '../sinks/lifeline.js';
import { closeNats, connectNats, NATS_TIMEOUT_MS } from '../sinks/nats/nats-connection.js';
import { natsRefusal } from './engines/engine-refusal.js';
import { LEASE_MS, type LeaseStore } from './leases-store.js';

export interface NatsLeaseOptions {
  /** Holds credentials: never to be logged. */
  readonly addr: string;
  readonly cluster: string;
  /** Identifies this process; the contents of the message. */
  readonly holder: string;
}

const REQUEST_MS = 5_000;
const NANOSECONDS = 1_000_000;
/** `err_code` of the server: the message is not the newest of its subject. */
const WRONG_LAST_SEQUENCE = 10_071;

const publishAnswer = z.object({
  seq: z.int().optional(),
  error: z.object({ err_code: z.int().default(0), description: z.string().default('') }).optional(),
});

interface Opened {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly lifeline: Lifeline;
  readonly createHeaders: () => MsgHdrs;
}

/**
 * Leases as the last messages of the subjects `wsg.<cluster>.lease.<number>` in a JetStream stream
 * that drops messages after 15 s. Each is published on the condition that the last message of its
 * subject is the expected one, or that there is none.
 */
export class NatsLeaseStore implements LeaseStore {
  readonly #options: NatsLeaseOptions;
  #opened: Promise<Opened> | undefined;
  /** Sequence of the message that is this process's lease. */
  #sequence = 0;

  constructor(options: NatsLeaseOptions) {
    this.#options = options;
  }

  async taken(): Promise<ReadonlySet<number>> {
    return this.#using(async ({ manager }) => {
      const info = await manager.streams.info(this.#stream, { subjects_filter: this.#subject('*') });
      const subjects = Object.keys(info.state.subjects ?? {});
      return new Set(subjects.map((subject) => Number.parseInt(subject.slice(subject.lastIndexOf('.') + 1), 16)));
    });
  }

  async take(number: number): Promise<boolean> {
    return this.#using((opened) => this.#publish(opened, number, 0));
  }

  async renew(number: number): Promise<boolean> {
    return this.#using(async (opened) => {
      if (await this.#publish(opened, number, this.#sequence)) return true;
      const query = { last_by_subj: this.#subject(formatNode(number)) };
      const last = await opened.manager.streams.getMessage(this.#stream, query);
      // The acknowledgement of an earlier renewal was lost.
      const isOwn = last?.string() === this.#options.holder;
      if (last !== null && !isOwn) return false;
      return this.#publish(opened, number, last?.seq ?? 0);
    });
  }

  async release(number: number): Promise<void> {
    await this.#using(({ manager }) =>
      manager.streams.purge(this.#stream, { filter: this.#subject(formatNode(number)), seq: this.#sequence + 1 }),
    );
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    if (opened === undefined) return;
    await closeNats(opened.connection);
    opened.lifeline.cut();
  }

  get #stream(): string {
    return `wsg-${this.#options.cluster}-nodes`;
  }

  #subject(token: string): string {
    return `wsg.${this.#options.cluster}.lease.${token}`;
  }

  /** Gives up the connection when something fails, so that the next call opens another. */
  async #using<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      this.#opened ??= this.#open();
      return await work(await this.#opened);
    } catch (error) {
      await this.close();
      throw natsRefusal(error, this.#permissions);
    }
  }

  async #open(): Promise<Opened> {
    const lifeline = new Lifeline({ timeoutMs: NATS_TIMEOUT_MS, giveUp: undefined });
    return lifeline.opening(async () => {
      const { headers } = await import('@nats-io/transport-node');
      const { jetstreamManager } = await import('@nats-io/jetstream');
      const { addr, cluster } = this.#options;
      const inboxPrefix = `wsg.${cluster}.reply`;
      const connection = await connectNats({ addr, inboxPrefix }, lifeline.signal);
      const manager = await jetstreamManager(connection, { checkAPI: false });
      await manager.streams.add({
        name: this.#stream,
        subjects: [this.#subject('*')],
        max_age: LEASE_MS * NANOSECONDS,
        max_msgs_per_subject: 1,
        storage: 'memory',
      });
      return { connection, manager, lifeline, createHeaders: headers };
    });
  }

  async #publish({ connection, createHeaders }: Opened, number: number, expected: number): Promise<boolean> {
    const headers = createHeaders();
    headers.append('Nats-Expected-Stream', this.#stream);
    headers.append('Nats-Expected-Last-Subject-Sequence', String(expected));
    const subject = this.#subject(formatNode(number));
    const answer = await connection.request(subject, this.#options.holder, { timeout: REQUEST_MS, headers });
    const { seq, error } = publishAnswer.parse(answer.json());
    if (error?.err_code === WRONG_LAST_SEQUENCE) return false;
    if (error !== undefined || seq === undefined) throw new Error(error?.description ?? 'no acknowledgement');
    this.#sequence = seq;
    return true;
  }

  get #permissions(): string {
    const api = '$JS.API.STREAM';
    const publish = [`wsg.${this.#options.cluster}.>`, `${api}.*.${this.#stream}`, `${api}.MSG.GET.${this.#stream}`];
    return `permission to publish on ${publish.map((subject) => `'${subject}'`).join(', ')}, and to subscribe on '${publish[0]}'`;
  }
}
