/**
 * All errors that a user can encounter, with their codes and causes. docs/reference/errors.md has
 * the same list, which a test ensures.
 */
export const ERROR_CATALOGUE = {
  internal: 'A defect in wsg itself.',
  usage: 'The command line is invalid.',
  'config.invalid': 'The gateway configuration has problems; all of them are listed.',
  'config.not-found': 'The named configuration file cannot be read.',
  'options.invalid': 'The load options have problems; all of them are listed.',
  'listen.in-use': 'Another process listens on the address.',
  'listen.denied': 'The process is not permitted to listen on the address.',
  'listen.failed': 'The address cannot be listened on for another reason.',
  'tls.invalid': 'The certificate or its key cannot be used.',
  'transport.unavailable': 'The chosen transport cannot be loaded on this machine.',
  'open-files.too-few': 'The limit on open files is too low for this process.',
  'sink.refused':
    'The backend of a sink or the engine of a cluster refuses the connection: credentials, permissions, a stream of another type.',
  'outbox.unusable':
    'The folder of the outbox or of its dead letters cannot be used: another process uses it, it is damaged, or it is not writable.',
  'cluster.number-taken': 'Another gateway of the cluster has the same node number.',
  'secret.unreadable': 'A file with a secret or API keys cannot be read, or is empty.',
  'plugin.failed': 'A plugin could not be loaded or started.',
  'gateway.stop-failed': 'A part of the gateway could not be stopped gracefully; the others were.',
  'gateway.start-failed': 'The gateway started as a child process did not become ready.',
  'worker.crashed': 'Worker processes of the gateway ended again and again; it stopped after its drain.',
  'preflight.refused':
    'The machine does not have the open files, ports or memory that the load needs; each is listed with its remedy.',
  'target.unreachable': 'The target does not answer WebSocket upgrades.',
  'script.unreadable': 'The script cannot be read.',
  'script.invalid':
    'The script cannot be bundled, or makes a blocking call where waiting is impossible; all problems are listed with file, line and column.',
  'script.setup-timeout': "The script's setup function did not end in time.",
  'script.teardown-timeout': "The script's teardown function did not end in time.",
  'script.failed': 'The script threw an error while it was loaded, or in setup or teardown.',
  'script.aborted': 'The script ended the test with exec.test.abort while it was loaded.',
  'script.marked-failed': 'The script marked the test as failed with exec.test.fail.',
  'thread.crashed': 'A thread of the load generator ended unexpectedly.',
  'output.failed': 'The destination of --out or --output cannot be written.',
  'run-file.not-found': 'The run file cannot be read.',
  'run-file.foreign': 'The file is not a run file.',
  'run-file.newer': 'The run file has a newer major version than this program reads.',
  'run-file.write-failed': 'The run file cannot be written.',
  'run-file.empty': 'The run file contains only a header.',
  'merge.unfit': 'The runs are not the parts of one plan, so they cannot be merged; all problems are listed.',
  'baseline.unfit':
    'The run was truncated, stopped or failed, or its generator was the bottleneck, so it cannot be a baseline.',
  'baseline.write-failed': 'The folder of a baseline cannot be written.',
} as const;

/** Code of an error in the catalogue. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** Properties of a `WsgError` besides its code and message. */
export interface WsgErrorDetails {
  /** The remedy for the user, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** All problems that a validation found, one sentence each. */
  readonly problems?: readonly string[];
}

/**
 * An error for users: a code of the catalogue, a message that names the invalid value, and a
 * remedy.
 */
export class WsgError extends Error {
  override readonly name = 'WsgError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly string[];

  constructor(code: ErrorCode, message: string, details: WsgErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.problems = details.problems ?? [];
  }
}

/** The message of any thrown value. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error such as `EADDRINUSE`, or undefined. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
