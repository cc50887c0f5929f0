/** What Redis answered instead of doing it. The message holds no argument of ours. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** The first word: `WRONGTYPE`, `OOM`, `ERR`... */
  readonly code: string;

  /** `text` is the reply without its minus sign. */
  constructor(text: string) {
    // Redis quotes the arguments of commands that it does not know: they may be a password or a payload.
    const shown = text.replace(/,? with args beginning with:.*$/s, '');
    super(shown);
    this.code = /^[A-Z][A-Z0-9_]*/.exec(shown)?.[0] ?? 'ERR';
  }
}

/** The connection ended while replies were owed: whether the commands behind the answered ones were run is not known. */
export class RedisConnectionLost extends Error {
  override readonly name = 'RedisConnectionLost';

  constructor(
    reason: string,
    /** So many commands of the exchange had been answered. */
    readonly answered: number,
  ) {
    super(`the connection to Redis ended: ${reason}`);
  }
}

const ACCESS_CODES: ReadonlySet<string> = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'DENIED']);

/** True for answers to the set-up that waiting does not mend: credentials, rights, a database that does not exist. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof RedisError)) return false;
  return ACCESS_CODES.has(error.code) || /^ERR (AUTH|DB index|invalid DB|Client sent AUTH)/i.test(error.message);
}
