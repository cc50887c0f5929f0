import { errorMessage } from '../core/error.js';
import type { Logger } from '../core/logger.js';
import type { AccessParts } from './admission/compose-admission.js';
import { TlsWatch } from './transport/http/tls-watch.js';
import type { TlsFiles, Transport } from './transport/transport.js';

export interface FileReloadsDeps {
  readonly log: Logger;
  readonly tls: TlsFiles | undefined;
  readonly transport: Transport;
  readonly access: AccessParts;
}

/**
 * Reloads files besides the configuration: the certificate for new handshakes, API keys and secrets
 * of tokens. A file that cannot be used is logged, and its old contents stay in use.
 */
export class FileReloads {
  readonly #deps: FileReloadsDeps;
  #tlsWatch: TlsWatch | undefined;

  constructor(deps: FileReloadsDeps) {
    this.#deps = deps;
  }

  /** Reloads the certificate whenever its files change. */
  watch(): void {
    const { tls } = this.#deps;
    if (tls === undefined) return;
    this.#tlsWatch = new TlsWatch({ files: tls, onChange: () => void this.#reloadTls() });
    this.#tlsWatch.start();
  }

  /** Ends `watch`. Idempotent. */
  stop(): void {
    this.#tlsWatch?.stop();
  }

  async reload(): Promise<void> {
    const { log, access } = this.#deps;
    await this.#reloadTls();
    await reloadOne(log, 'api-keys', () => access.apiKeys.load());
    await reloadOne(log, 'auth', () => access.admission.reload());
  }

  #reloadTls(): Promise<void> {
    const { log, transport } = this.#deps;
    return reloadOne(log, 'tls', () => transport.reloadTls());
  }
}

/** Reloads one kind of files and logs how it went. */
export async function reloadOne(log: Logger, what: string, reload: () => Promise<void>): Promise<void> {
  try {
    await reload();
    log.info('gateway.reloaded', { what });
  } catch (error) {
    log.error('gateway.reload-failed', { what, reason: errorMessage(error) });
  }
}
