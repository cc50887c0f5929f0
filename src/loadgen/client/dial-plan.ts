/**
 * Where virtual users connect: as the user wrote it, and as a URL with scheme, port and path spelt
 * out.
 */
export interface Target {
  readonly given: string;
  readonly normalised: string;
}

/** How a built-in scenario speaks TLS. Paths are as the user wrote them. */
export interface TlsPlan {
  /** Whether the server's certificate has to be trusted. */
  readonly verifies: boolean;
  /** PEM files: whom to trust instead of the machine's authorities, and who we are. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** For SNI and the name in the certificate, instead of the URL's host. */
  readonly serverName?: string;
  /**
   * Whether a connection may continue the TLS session of one before (RFC 8446, 2.2): a handshake
   * without certificates.
   */
  readonly reusesSessions: boolean;
}

/** How the connections of a built-in scenario are dialled. */
export interface DialPlan {
  /** One at least; virtual users take them in turns. */
  readonly targets: readonly Target[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly subprotocols: readonly string[];
  /** Whether permessage-deflate is offered (RFC 7692). */
  readonly offersDeflate: boolean;
  readonly tls: TlsPlan;
}

/** How names become addresses (k6 docs, "dns"). */
export interface DnsPlan {
  /** How long an answer stands: milliseconds, or Infinity. */
  readonly ttlMs: number;
  readonly select: 'first' | 'random' | 'roundRobin';
  readonly policy: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
}
