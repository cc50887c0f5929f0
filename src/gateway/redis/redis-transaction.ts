import { RedisError, isRefusedForGood } from './redis-error.js';
import { RespArray, type RespReply } from './resp-reader.js';

/**
 * What came of commands in one transaction, read from the replies to MULTI, the commands and EXEC.
 */
export class RedisTransaction {
  /** By position, what Redis will never do and why. */
  readonly refused = new Map<number, RedisError>();
  /**
   * Undefined when the transaction was executed: every command that is not refused was run. Else
   * none was.
   */
  aborted: RedisError | undefined;

  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** How many replies there are. */
  get replies(): number {
    return this.#size + 2;
  }

  read(reply: RespReply, index: number): void {
    if (reply === 'QUEUED') return;
    if (reply instanceof RespArray) this.#executed(reply);
    else if (reply instanceof RedisError) this.#failed(reply, index - 1);
  }

  /**
   * Within a transaction a command fails for what is wrong with itself or its key; all at once when
   * rights were taken away meanwhile.
   */
  #executed({ errors }: RespArray): void {
    const isNobodysFault = errors.length === this.#size && errors.every(({ error }) => !isRefusedForGood(error));
    if (isNobodysFault) this.aborted = errors[0]?.error;
    else for (const { index, error } of errors) this.refused.set(index, error);
  }

  /**
   * A command that cannot be queued aborts the whole transaction; why is said in its place, and not
   * with EXEC.
   */
  #failed(error: RedisError, position: number): void {
    const isEntry = position >= 0 && position < this.#size;
    if (isEntry && isRefusedForGood(error)) this.refused.set(position, error);
    else this.aborted ??= error;
  }
}
