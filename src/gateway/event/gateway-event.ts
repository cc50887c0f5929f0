/** What happened to one connection, as the backend is told. Events of a connection are made and delivered in order. */
export interface GatewayEvent {
  /** `<node>-<boot epoch>-<sequence>`: stable over retries and restarts, gapless for each boot. */
  readonly id: string;
  /** The sequence within `id`, from 1. */
  readonly sequence: number;
  readonly connection: string;
  readonly action: 'open' | 'close' | 'message';
  /** Only for messages. */
  readonly type?: 'text' | 'binary';
  /** The tags that the endpoint includes, form-encoded, keys sorted (Go's url.Values.Encode). '' when none. */
  readonly tags: string;
  /** Only for messages: the bytes as received. */
  readonly message?: Uint8Array;
}
