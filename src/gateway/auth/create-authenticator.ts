import type { Clock } from '../../core/clock.js';
import type { EndpointConfig } from '../config/gateway-config.js';
import type { Authenticator } from './authenticator.js';
import { JwtAuthenticator } from './jwt-authenticator.js';
import { WebhookAuthenticator } from './webhook-authenticator.js';

/** Creates the authenticator of an endpoint; undefined when every client may connect. */
export function createAuthenticator({ auth, subprotocols }: EndpointConfig, clock: Clock): Authenticator | undefined {
  switch (auth.mode) {
    case 'none':
      return undefined;
    case 'jwt':
      return new JwtAuthenticator(auth, subprotocols, clock);
    case 'webhook':
      return new WebhookAuthenticator(auth, subprotocols, clock);
  }
}
