import type { CloseReasonName } from '../connection/close-reason.js';
import type { EventDestinations } from './event-destinations.js';

/** What happened to one connection, as the backend is told. Events of a connection are made and delivered in order. */
export interface GatewayEvent {
  /** `<node>-<boot epoch>-<sequence>`: stable over retries and restarts, gapless for each boot. */
  readonly id: string;
  /** Its place in the order of this process, gapless from 1. For events of this boot it is the sequence within `id`, but for what was recovered before them. */
  readonly sequence: number;
  readonly connection: string;
  readonly action: 'open' | 'close' | 'message';
  /** Only for messages. */
  readonly type?: 'text' | 'binary';
  /** The tags that the endpoint includes, form-encoded, keys sorted (Go's url.Values.Encode). '' when none. */
  readonly tags: string;
  /** Only for messages: the bytes as received. */
  readonly message?: Uint8Array;
  /** Only for closes: why. Not part of the old program's fields; sinks carry it where a field of theirs is free. */
  readonly reason?: CloseReasonName;
  /** Where sinks put it; undefined when no sink has a template. */
  readonly destinations?: EventDestinations;
}
