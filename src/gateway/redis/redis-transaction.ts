import { RedisError, isRefusedForGood } from './redis-error.js';
import { RespArray, type RespReply } from './resp-reader.js';

/**
 * The outcome of commands in one transaction, read from the replies to MULTI, the commands and
 * EXEC.
 */
export class RedisTransaction {
  /** Errors of commands that Redis refused for good, by position. */
  readonly refused = new Map<number, RedisError>();
  /**
   * Undefined when the transaction was executed: every command that is not refused was run.
   * Otherwise none was run.
   */
  aborted: RedisError | undefined;

  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** The number of replies. */
  get replies(): number {
    return this.#size + 2;
  }

  read(reply: RespReply, index: number): void {
    if (reply === 'QUEUED') return;
    if (reply instanceof RespArray) this.#executed(reply);
    else if (reply instanceof RedisError) this.#failed(reply, index - 1);
  }

  /**
   * An executed command fails because of its own arguments or key. All fail when rights were
   * withdrawn after they were queued.
   */
  #executed({ errors }: RespArray): void {
    const isNobodysFault = errors.length === this.#size && errors.every(({ error }) => !isRefusedForGood(error));
    if (isNobodysFault) this.aborted = errors[0]?.error;
    else for (const { index, error } of errors) this.refused.set(index, error);
  }

  /**
   * A command that cannot be queued aborts the whole transaction. The reason is in its own reply,
   * not in that of EXEC.
   */
  #failed(error: RedisError, position: number): void {
    const isEntry = position >= 0 && position < this.#size;
    if (isEntry && isRefusedForGood(error)) this.refused.set(position, error);
    else this.aborted ??= error;
  }
}
