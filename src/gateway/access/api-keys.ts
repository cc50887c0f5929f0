import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorMessage, WsgError } from '../../core/error.js';

/** Minimum length of an API key; shorter ones can be guessed. */
export const MIN_API_KEY_LENGTH = 16;

const BEARER = /^bearer +(\S+) *$/i;

/** The keys of the internal API. Only their digests are kept in memory. */
export class ApiKeys {
  readonly #file: string | undefined;
  readonly #given: readonly Buffer[];
  #digests: readonly Buffer[];

  /** `file` contains further keys, one per line; lines that begin with # are comments. */
  constructor(keys: readonly string[], file: string | undefined) {
    this.#file = file;
    this.#given = keys.map(digest);
    this.#digests = this.#given;
  }

  /** Whether requests need a key. */
  get isAskedFor(): boolean {
    return this.#file !== undefined || this.#given.length > 0;
  }

  /** Loads or reloads the file. Rejects with `secret.unreadable` and then keeps the old keys. */
  async load(): Promise<void> {
    if (this.#file === undefined) return;
    const keys = await readKeys(this.#file);
    this.#digests = [...this.#given, ...keys.map(digest)];
  }

  /** Whether the request has a valid key. Takes constant time for valid and invalid keys. */
  accepts(headers: ReadonlyMap<string, string>): boolean {
    const presented = headers.get('x-api-key') ?? BEARER.exec(headers.get('authorization') ?? '')?.[1];
    if (presented === undefined) return false;
    const presentedDigest = digest(presented);
    let isKnown = false;
    for (const known of this.#digests) isKnown = timingSafeEqual(known, presentedDigest) || isKnown;
    return isKnown;
  }
}

async function readKeys(file: string): Promise<string[]> {
  const lines = (await readText(file)).split('\n').map((line) => line.trim());
  const short = lines.findIndex((line) => isKey(line) && line.length < MIN_API_KEY_LENGTH);
  if (short >= 0) throw unreadable(`line ${short + 1} of ${file} has fewer than ${MIN_API_KEY_LENGTH} characters`);
  const keys = lines.filter(isKey);
  if (keys.length === 0) throw unreadable(`${file} contains no API key`);
  return keys;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(`the file of API keys ${file} cannot be read: ${errorMessage(cause)}`, cause);
  }
}

function isKey(line: string): boolean {
  return line !== '' && !line.startsWith('#');
}

function unreadable(problem: string, cause?: unknown): WsgError {
  return new WsgError('secret.unreadable', `The API keys cannot be used: ${problem}.`, {
    hint: 'One key per line; lines that begin with # are comments.',
    cause,
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
