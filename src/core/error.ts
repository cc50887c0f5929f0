/**
 * Every error that a user can meet: its code and when it arises. docs/reference/errors.md lists the
 * same, held by a test.
 */
export const ERROR_CATALOGUE = {
  internal: 'A defect in wsg itself.',
  usage: 'The command line cannot be understood.',
  'config.invalid': 'The gateway configuration has problems; all of them are listed.',
  'config.not-found': 'The named configuration file cannot be read.',
  'options.invalid': 'The load options have problems; all of them are listed.',
  'listen.in-use': 'Another process listens on the address.',
  'listen.denied': 'The address may not be bound with the privileges of this process.',
  'listen.failed': 'The address cannot be listened on for another reason.',
  'tls.invalid': 'The certificate or its key cannot be used.',
  'transport.unavailable': 'The chosen transport cannot load on this machine.',
  'open-files.too-few': 'This process may not have as many files and sockets open as it needs.',
  'sink.refused': 'The backend of a sink answers and says no: credentials, rights, a stream of another type.',
  'outbox.unusable':
    'The folder of the outbox or of its dead letters cannot be used: another process has it, it is damaged, or it may not be written.',
  'secret.unreadable': 'A file that should hold a secret or API keys cannot be read, or holds none.',
  'plugin.failed': 'A plugin could not be loaded or started.',
  'gateway.stop-failed': 'A part of the gateway could not be stopped in order; the others were.',
  'gateway.start-failed': 'The gateway started as a child process did not come up.',
  'preflight.refused':
    'The machine has not the open files, ports or memory that the load needs; each is listed with what fixes it.',
  'target.unreachable': 'Nothing answers WebSocket upgrades at the target.',
  'script.unreadable': 'The script cannot be read.',
  'script.invalid':
    'The script cannot be bundled, or blocks in a place that cannot wait; all problems are listed with file, line and column.',
  'script.setup-timeout': "The script's setup function did not end in time.",
  'script.teardown-timeout': "The script's teardown function did not end in time.",
  'script.failed': 'The script threw an error while it was loaded, or in setup or teardown.',
  'script.aborted': 'The script ended the test with exec.test.abort while it was loaded.',
  'script.marked-failed': 'The script marked the test as failed with exec.test.fail.',
  'thread.crashed': 'A thread of the load generator ended before its time.',
  'output.failed': 'What --out or --output names cannot be written to.',
  'run-file.not-found': 'The run file cannot be read.',
  'run-file.foreign': 'The file is not a run file.',
  'run-file.newer': 'The run file has a newer major version than this program reads.',
  'run-file.write-failed': 'The run file cannot be written.',
  'run-file.empty': 'The run file holds a header and nothing else.',
  'baseline.unfit': 'The run was cut, stopped or failed, or its generator was the bottleneck: it cannot be a baseline.',
  'baseline.write-failed': 'The folder of a baseline cannot be written.',
} as const;

/** The code of an error of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What makes up a `WsgError` besides its code and sentence. */
export interface WsgErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Every problem found, one sentence each, where validation found several. */
  readonly problems?: readonly string[];
}

/**
 * An error that a user may see: a code of the catalogue, a sentence that names the value at fault,
 * and a way out.
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

/** The message of anything that was thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error such as `EADDRINUSE`, or undefined. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
