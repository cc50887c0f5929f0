import type { Clock } from '../../core/clock.js';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import type { Target } from './dial-plan.js';
import { ClientConnection } from './connection.js';
import type { DialTarget } from './dial-target.js';

const NORMAL_CLOSURE = 1000;
const READ_BUFFER_BYTES = 65_536;
const START_HINT =
  'Start a gateway with `wsg devhelpers`, choose another target with --url, or add --spawn-gateway (or --spawn-echo).';

/** Options and collaborators of a probe. */
export interface ProbeOptions {
  /** How virtual users dial the target. */
  readonly dial: DialTarget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Connects once and closes again. Throws `target.unreachable` with the reason if there is no
 * WebSocket server. Resolves immediately if the signal aborts it.
 */
export async function probeTarget(target: Target, { dial, clock, signal }: ProbeOptions): Promise<void> {
  let reportClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    reportClosed = resolve;
  });
  const handlers = { onMessage: () => undefined, onPong: () => undefined, onClose: () => reportClosed() };
  const deps = { clock, readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) };
  const connection = new ClientConnection(dial, handlers, deps);
  const abort = (): void => {
    connection.abort(new Error('the probe was aborted'));
    reportClosed();
  };
  signal.addEventListener('abort', abort, { once: true });
  const { error, status } = await connection.dial();
  if (signal.aborted) return;
  if (error !== undefined) throw unreachable(target, status, error);
  connection.close(NORMAL_CLOSURE);
  await closed;
}

function unreachable(target: Target, status: number, error: Error): WsgError {
  return new WsgError('target.unreachable', `${target.given} cannot be reached: ${reasonOf(target, status, error)}`, {
    cause: error,
    hint: hintFor(status, error),
  });
}

function hintFor(status: number, error: Error): string {
  if (status !== 0) return 'Check the path: `wsg devhelpers` serves /connect.';
  return isCertificateError(error)
    ? 'Pass the certificate authority with --ca FILE or NODE_EXTRA_CA_CERTS (PEM), or skip the verification with --insecure.'
    : START_HINT;
}

/**
 * OpenSSL's reasons for rejecting a certificate chain, as Node names them, and Node's own reason
 * for a wrong name.
 */
function isCertificateError(error: Error): boolean {
  return /CERT|SIGNED|UNABLE_TO_VERIFY/.test(systemErrorCode(error) ?? '');
}

function reasonOf(target: Target, status: number, error: Error): string {
  if (status !== 0) return errorMessage(error);
  const { hostname, host } = new URL(target.normalised);
  const code = systemErrorCode(error);
  if (code === 'ECONNREFUSED') return `nothing listens on ${host} (connection refused)`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name ${hostname} cannot be resolved`;
  if (/WRONG_VERSION_NUMBER|EPROTO/.test(code ?? '')) return `the server on ${host} does not speak TLS; try ws://`;
  return errorMessage(error).trim() || (code ?? 'unknown error');
}
