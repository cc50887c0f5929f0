import type { HttpRequest } from '../transport/http/http-exchange.js';
import type { UpgradeGrant, UpgradeRejection } from '../transport/transport.js';

/** Returns the subprotocols that a client offers, in its order. */
export function offeredSubprotocols(headers: ReadonlyMap<string, string>): string[] {
  const offered = headers.get('sec-websocket-protocol')?.split(',') ?? [];
  return offered.map((name) => name.trim()).filter((name) => name !== '');
}

/** Returns the first offered subprotocol that the endpoint supports. */
export function firstSpoken(headers: ReadonlyMap<string, string>, spoken: readonly string[]): string | undefined {
  if (spoken.length === 0) return undefined;
  return offeredSubprotocols(headers).find((name) => spoken.includes(name));
}

/** The result of authenticating an upgrade. */
export type AuthOutcome =
  | {
      readonly accept: true;
      readonly grant: UpgradeGrant;
      /** One of the offered subprotocols; undefined to answer without one. */
      readonly subprotocol: string | undefined;
    }
  | {
      readonly accept: false;
      /** Reason for the log; never contains a token. */
      readonly why: string;
      /** Whether a service that had to be asked failed, rather than the client. */
      readonly isUnavailable: boolean;
      readonly rejection: UpgradeRejection;
    };

/** Decides who may connect to one endpoint. */
export interface Authenticator {
  /** Reads files and loads libraries. Rejects with `secret.unreadable`. */
  start(): Promise<void>;
  /** Reloads files. Rejects with `secret.unreadable` and then keeps the old contents. */
  reload(): Promise<void>;
  /**
   * Authenticates an upgrade. Never rejects, and takes less than the 10 s that an upgrade may take.
   */
  decide(request: HttpRequest): Promise<AuthOutcome>;
}

/** Creates the outcome for a service that did not answer, or not with a valid answer. */
export function unavailable(why: string): AuthOutcome {
  const rejection = { accept: false, status: 503, headers: { 'Retry-After': '1' } } as const;
  return { accept: false, why, isUnavailable: true, rejection };
}

/**
 * Converts claims to tags: strings unchanged, numbers and booleans as text. Lists, objects, null
 * and missing claims give no tag.
 */
export function claimTags(
  claims: Readonly<Record<string, unknown>>,
  claimsToTags: ReadonlyMap<string, string>,
): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [claim, tag] of claimsToTags) {
    const value = Object.hasOwn(claims, claim) ? tagValue(claims[claim]) : undefined;
    if (value !== undefined) tags.set(tag, value);
  }
  return tags;
}

/** Converts a claim to the value of a tag; undefined unless it is a string, number or boolean. */
export function tagValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
