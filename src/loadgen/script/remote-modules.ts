import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../core/package-version.js';
import { systemErrorCode } from '../../core/error.js';
import type { RemoteModule } from '../../script-compiler/bundle.js';

const TIMEOUT_MS = 30_000;
/** Delay after which a slow download is announced. */
const SLOW_MS = 2000;
const MAX_BYTES = 20_000_000;

/** Returns the folder for fetched modules. */
export function remoteModulesFolder(env: Readonly<NodeJS.ProcessEnv>): string {
  return join(cacheFolder(env), 'remote');
}

/**
 * Cache of remote modules. Each is fetched once and stored under its address with its SHA-256, so
 * that two runs compare the same script and later runs need no network. A stored module with a
 * wrong checksum is refused.
 */
export class RemoteModules {
  readonly #folder: string;
  readonly #report: (sentence: string) => void;

  /** `report` receives a sentence for each module that is fetched from the network. */
  constructor(folder: string, report: (sentence: string) => void) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Rejects with a sentence if the module can be neither fetched nor read. */
  async load(address: string): Promise<RemoteModule> {
    const path = join(this.#folder, `${sha256(address)}.js`);
    const kept = await readKept(path);
    if (kept !== undefined) return { contents: kept };
    const told = setTimeout(() => this.#report(`fetching ${address} ...`), SLOW_MS);
    const contents = await fetchText(address).finally(() => clearTimeout(told));
    await this.#keep(path, contents);
    const checksum = sha256(contents);
    this.#report(`fetched ${address} (${contents.length} characters, SHA-256 ${checksum}), stored in ${path}`);
    return { contents };
  }

  /**
   * Writes to a temporary file and renames it, so that concurrent runs never leave a partial file.
   */
  async #keep(path: string, contents: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const [name, text] of [
      [path, contents],
      [`${path}.sha256`, `${sha256(contents)}\n`],
    ] as const) {
      const beside = `${name}.${process.pid}`;
      await writeFile(beside, text);
      await rename(beside, name);
    }
  }
}

async function readKept(path: string): Promise<string | undefined> {
  const [contents, checksum] = await Promise.all([readIfThere(path), readIfThere(`${path}.sha256`)]);
  if (contents === undefined || checksum === undefined) return undefined;
  if (sha256(contents) === checksum.trim()) return contents;
  throw new Error(`the stored module ${path} does not match its checksum: delete the file to fetch it again`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function fetchText(address: string): Promise<string> {
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    throw new Error(reasonOf(error), { cause: error });
  });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Node's fetch reports `fetch failed`; the reason is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
