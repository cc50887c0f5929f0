import type { HttpRequest } from '../transport/http/http-exchange.js';
import type { UpgradeGrant, UpgradeRejection } from '../transport/transport.js';

/** The subprotocols that a client offers, in its order. */
export function offeredSubprotocols(headers: ReadonlyMap<string, string>): string[] {
  const offered = headers.get('sec-websocket-protocol')?.split(',') ?? [];
  return offered.map((name) => name.trim()).filter((name) => name !== '');
}

/** The first one offered that is spoken here. */
export function firstSpoken(headers: ReadonlyMap<string, string>, spoken: readonly string[]): string | undefined {
  if (spoken.length === 0) return undefined;
  return offeredSubprotocols(headers).find((name) => spoken.includes(name));
}

/** What became of the question who connects. */
export type AuthOutcome =
  | {
      readonly accept: true;
      readonly grant: UpgradeGrant;
      /** One that was offered; undefined: none is named. */
      readonly subprotocol: string | undefined;
    }
  | {
      readonly accept: false;
      /** For the log: some words, never a token. */
      readonly why: string;
      /** True: not the client's fault, but that of a service which had to be asked. */
      readonly isUnavailable: boolean;
      readonly rejection: UpgradeRejection;
    };

/** Decides who may connect to one endpoint. */
export interface Authenticator {
  /** Reads files and loads libraries. Rejects with `secret.unreadable`. */
  start(): Promise<void>;
  /** Reads files again; rejects with `secret.unreadable`, and keeps what it had then. */
  reload(): Promise<void>;
  /** Never rejects, and takes less than the 10 s that an upgrade may. */
  decide(request: HttpRequest): Promise<AuthOutcome>;
}

/** Somebody who had to be asked did not answer, or not in a way that can be used. */
export function unavailable(why: string): AuthOutcome {
  const rejection = { accept: false, status: 503, headers: { 'Retry-After': '1' } } as const;
  return { accept: false, why, isUnavailable: true, rejection };
}
