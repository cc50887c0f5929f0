import { BackendRefusal } from '../../../core/backend-refusal.js';
import { errorMessage } from '../../../core/error.js';
import { isRefusal, isUntrustedCertificate, RedisError } from '../../redis/redis-error.js';
import { redisAddress } from '../../redis/redis-url.js';
import { rethrowNats } from '../../sinks/nats/nats-connection.js';

/** The engine refuses the login or a permission. `hint` says what to do. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';

  constructor(
    message: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

const CERTIFICATE_HINT = 'Name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS.';
const JETSTREAM_HINT =
  'Leases need JetStream: enable it with `jetstream {}` in the configuration of nats-server, and for the account.';

/**
 * An error of Redis: an `EngineRefusal` when a retry is useless, else the error itself. `rules` are
 * the rules of an ACL that are needed.
 */
export function redisRefusal(error: unknown, addr: string, rules: string): unknown {
  if (!isRefusal(error)) return error;
  const { username = 'default' } = redisAddress(addr);
  const isPermission = error instanceof RedisError && error.code === 'NOPERM';
  const hint = isPermission
    ? `Grant it: ACL SETUSER ${username} ${rules}`
    : 'Look at cluster.redis.addr in the configuration: user, password, database, and kind of server.';
  const isCertificate = error instanceof Error && isUntrustedCertificate(error.cause);
  return new EngineRefusal(errorMessage(error), isCertificate ? CERTIFICATE_HINT : hint, error);
}

/**
 * An error of NATS: an `EngineRefusal` when a retry is useless, else the error itself.
 * `permissions` are those that are needed.
 */
export function natsRefusal(error: unknown, permissions: string): unknown {
  if (isUntrustedCertificate(error)) return new EngineRefusal(errorMessage(error), CERTIFICATE_HINT, error);
  const refusal = backendRefusalOf(error);
  if (refusal === undefined) return error;
  const { message } = refusal;
  if (/permission/i.test(message)) return new EngineRefusal(message, `Give the user ${permissions}.`, error);
  if (/jetstream/i.test(message)) return new EngineRefusal(message, JETSTREAM_HINT, error);
  const hint = 'Look at cluster.nats.addr in the configuration: user, password or token, and account.';
  return new EngineRefusal(message, hint, error);
}

/** A request that is not permitted fails with an error that has the reason as its cause. */
function backendRefusalOf(error: unknown): BackendRefusal | undefined {
  if (error instanceof BackendRefusal) return error;
  try {
    rethrowNats(error instanceof Error && error.cause instanceof Error ? error.cause : error);
  } catch (refusal) {
    return refusal instanceof BackendRefusal ? refusal : undefined;
  }
}
