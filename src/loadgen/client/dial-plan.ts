/** A target as the user wrote it, and as a URL with explicit scheme, port and path. */
export interface Target {
  readonly given: string;
  readonly normalised: string;
}

/** TLS options of a built-in scenario. Paths are as the user wrote them. */
export interface TlsPlan {
  /** Whether the server's certificate must be trusted. */
  readonly verifies: boolean;
  /** PEM files: certificate authorities instead of the system's, and the client certificate. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Name for SNI and certificate verification instead of the URL's host. */
  readonly serverName?: string;
  /**
   * Whether connections may resume an earlier TLS session (RFC 8446, 2.2), which is a handshake
   * without certificates.
   */
  readonly reusesSessions: boolean;
}

/** Dial options of a built-in scenario. */
export interface DialPlan {
  /** At least one; virtual users use them in turn. */
  readonly targets: readonly Target[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly subprotocols: readonly string[];
  /** Whether permessage-deflate is offered (RFC 7692). */
  readonly offersDeflate: boolean;
  readonly tls: TlsPlan;
}

/** DNS options (k6 docs, "dns"). */
export interface DnsPlan {
  /** Cache time of an answer in milliseconds, or Infinity. */
  readonly ttlMs: number;
  readonly select: 'first' | 'random' | 'roundRobin';
  readonly policy: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
}
