import { RedisError } from '../drivers/redis-error.js';
import { RespArray, type RespReply } from '../drivers/resp-reader.js';
import { isRefusedForGood } from './redis-refusals.js';

/** What came of a batch in one transaction, read from the replies to MULTI, so many XADDs, and EXEC. */
export class RedisTransaction {
  /** By position in the batch, what Redis will never take and why. */
  readonly refused = new Map<number, RedisError>();
  /** Undefined when the transaction was executed: every event that is not refused is in its stream. Else none is. */
  aborted: RedisError | undefined;

  constructor(private readonly events: number) {}

  /** The number of commands. */
  get commands(): number {
    return this.events + 2;
  }

  read(reply: RespReply, index: number): void {
    if (reply === 'QUEUED') return;
    if (reply instanceof RespArray) this.#executed(reply);
    else if (reply instanceof RedisError) this.#failed(reply, index - 1);
  }

  /** Within a transaction XADD fails for what is wrong with the event or its stream; for all at once when rights were taken away meanwhile. */
  #executed({ errors }: RespArray): void {
    const isNobodysFault = errors.length === this.events && errors.every(({ error }) => !isRefusedForGood(error));
    if (isNobodysFault) this.aborted = errors[0]?.error;
    else for (const { index, error } of errors) this.refused.set(index, error);
  }

  /** An XADD that cannot be queued aborts the whole transaction; why is said in its place, and not with EXEC. */
  #failed(error: RedisError, position: number): void {
    const isEntry = position >= 0 && position < this.events;
    if (isEntry && isRefusedForGood(error)) this.refused.set(position, error);
    else this.aborted ??= error;
  }
}
