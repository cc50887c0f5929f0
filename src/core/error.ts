import type { ErrorCode } from './error-catalogue.js';

/** What makes up a `WsgError` besides its code and sentence. */
export interface WsgErrorDetails {
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Every problem found, one sentence each, where validation found several. */
  readonly problems?: readonly string[];
}

/** An error that a user may see: a code of the catalogue, a sentence that names the value at fault, and a way out. */
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
