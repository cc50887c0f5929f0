/** The authentication of an endpoint's upgrades. Contains secrets: never to be logged. */
export type AuthConfig =
  | { readonly mode: 'none' }
  | ({ readonly mode: 'jwt' } & JwtConfig)
  | ({ readonly mode: 'webhook' } & AuthWebhookConfig);

/** Signed tokens. Either a secret or a key set is configured. */
export interface JwtConfig {
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  readonly jwksUrl: string | undefined;
  /** Empty: the algorithms that fit the key. */
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly queryKey: string | undefined;
  readonly subprotocolPrefix: string | undefined;
  readonly claimsToTags: ReadonlyMap<string, string>;
  readonly clockToleranceS: number;
}

/** A backend that decides about upgrades. */
export interface AuthWebhookConfig {
  readonly url: string;
  readonly timeoutMs: number;
  /** 0: the backend is asked for each upgrade. */
  readonly cacheMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case names of the upgrade's headers that are forwarded. */
  readonly forwardHeaders: readonly string[];
}

/** Limits on peers. 0 means no limit, where it is allowed. */
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
