import type { DnsPlan } from './dial-plan.js';

/** Options of k6 that scripts and their clients obey, not the plan; undefined where nothing was said. */
export interface RuntimeOptions {
  readonly setupTimeoutMs: number;
  readonly teardownTimeoutMs: number;
  readonly noSetup: boolean;
  readonly noTeardown: boolean;
  /** k6's `throw`: failed requests are exceptions. */
  readonly throwsOnFailure: boolean;
  readonly discardResponseBodies: boolean;
  readonly noCookiesReset: boolean;
  readonly noConnectionReuse: boolean;
  readonly noVuConnectionReuse: boolean;
  readonly insecureSkipTlsVerify: boolean;
  readonly maxRedirects: number;
  readonly batch: number;
  readonly batchPerHost: number;
  /** HTTP requests a second, of all virtual users together. */
  readonly rps?: number;
  /** What is logged of HTTP requests and their answers. */
  readonly httpDebug?: 'headers' | 'full';
  readonly userAgent?: string;
  /** Which of k6's system tags samples have; k6's defaults when undefined. */
  readonly systemTags?: readonly string[];
  /** Names, some with a port, and the addresses that stand for them. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Names or `*.name` that may not be connected to. */
  readonly blockHostnames: readonly string[];
  /** Addresses and CIDRs that may not be connected to (k6's `blacklistIPs`). */
  readonly blockedNetworks: readonly string[];
  /** Where connections leave from, virtual users in turns (k6's `localIPs`); empty for where the machine says. */
  readonly localAddresses: readonly string[];
  readonly dns: DnsPlan;
}
