/** How an upgrade to an endpoint is decided. Holds secrets: never to be logged. */
export type AuthConfig =
  | { readonly mode: 'none' }
  | ({ readonly mode: 'jwt' } & JwtConfig)
  | ({ readonly mode: 'webhook' } & AuthWebhookConfig);

/** Tokens that are signed; either a secret or a key set is there. */
export interface JwtConfig {
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  readonly jwksUrl: string | undefined;
  /** Empty: the family that fits the key. */
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly queryKey: string | undefined;
  readonly subprotocolPrefix: string | undefined;
  readonly claimsToTags: ReadonlyMap<string, string>;
  readonly clockToleranceS: number;
}

/** A backend that is asked. */
export interface AuthWebhookConfig {
  readonly url: string;
  readonly timeoutMs: number;
  /** 0: each upgrade is asked for. */
  readonly cacheMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Names, lower case, of the headers of an upgrade that it is told. */
  readonly forwardHeaders: readonly string[];
}

/** Bounds on what peers may ask for; 0, where it is allowed, means without a bound. */
export interface LimitsConfig {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly handshakesPerSecond: number;
  readonly maxPendingUpgrades: number;
  readonly maxPlainConnections: number;
  readonly maxInflateRatio: number;
  readonly maxInflateBytesPerSecond: number;
  readonly maxTags: number;
  readonly maxTagBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxQueryBytes: number;
}
