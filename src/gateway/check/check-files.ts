import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { errorMessage } from '../../core/error.js';
import { ApiKeys } from '../access/api-keys.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { resolvePluginModule } from '../plugin/plugin-host.js';
import { mayRefuse, tryFolder } from '../outbox/letters/try-dead-letters.js';
import { readTlsFiles } from '../transport/http/tls-watch.js';
import { unwell, type CheckResult } from './check-result.js';

const DAY_MS = 86_400_000;
/** A certificate that expires within this time is a warning. */
const SOON_DAYS = 14;

/** Checks every file that a start reads or writes. Leaves nothing behind. */
export async function checkFiles(config: GatewayConfig, nowMs: number): Promise<CheckResult[]> {
  const { tls, outbox, plugins, baseDir } = config;
  return Promise.all([
    ...(tls === undefined ? [] : [checkCertificate(tls, nowMs)]),
    ...(outbox.dir === undefined ? [] : [checkFolder('outbox folder', outbox.dir)]),
    ...(mayRefuse(config.sinks) ? [checkFolder('dead-letter folder', outbox.deadLetterDir)] : []),
    ...(config.internalApiKeysFile === undefined ? [] : [checkApiKeys(config.internalApiKeysFile)]),
    ...secretFiles(config).map(checkSecret),
    ...plugins.filter(({ module }) => module !== 'devhelpers').map(({ module }) => checkPlugin(module, baseDir)),
  ]);
}

async function checkCertificate(tls: NonNullable<GatewayConfig['tls']>, nowMs: number): Promise<CheckResult> {
  const name = 'certificate';
  try {
    const { cert } = await readTlsFiles(tls);
    const { validTo, subject } = new X509Certificate(cert);
    const days = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
    const detail = `${tls.certFile} (${subject.replaceAll('\n', ', ')}) is valid until ${validTo}`;
    if (days < 0) return { name, level: 'warning', detail: `${detail}: it has expired, and clients refuse it` };
    return { name, level: days < SOON_DAYS ? 'warning' : 'ok', detail: `${detail}, ${days} days` };
  } catch (error) {
    return unwell(name, 'failed', error);
  }
}

/** Checks a folder, or the folder in which it would be created. */
async function checkFolder(name: string, folder: string): Promise<CheckResult> {
  let existing: string;
  try {
    existing = await tryFolder(folder);
  } catch (error) {
    const detail = `${folder} cannot be written: ${errorMessage(error)}`;
    return { name, level: 'failed', detail, hint: "Give the gateway's user the right to write to it." };
  }
  const detail = existing === folder ? `${folder} is writable` : `${folder} can be created`;
  return { name, level: 'ok', detail };
}

async function checkApiKeys(file: string): Promise<CheckResult> {
  const name = 'API keys';
  try {
    await new ApiKeys([], file).load();
    return { name, level: 'ok', detail: `${file} contains keys` };
  } catch (error) {
    return unwell(name, 'failed', error);
  }
}

function secretFiles({ endpoints }: GatewayConfig): string[] {
  const ofEndpoints = endpoints.map(({ auth }) => (auth.mode === 'jwt' ? auth.secretFile : undefined));
  return [...new Set(ofEndpoints.filter((file) => file !== undefined))];
}

async function checkSecret(file: string): Promise<CheckResult> {
  const name = 'secret file';
  try {
    if ((await readFile(file, 'utf8')).trim() === '') return { name, level: 'failed', detail: `${file} is empty` };
    return { name, level: 'ok', detail: `${file} is readable` };
  } catch (error) {
    return { name, level: 'failed', detail: `${file} cannot be read: ${errorMessage(error)}` };
  }
}

/** Finds the module without loading it, because loading runs it. */
async function checkPlugin(module: string, baseDir: string): Promise<CheckResult> {
  const name = `plugin ${module}`;
  try {
    const file = new URL(resolvePluginModule(module, baseDir));
    await access(file, constants.R_OK);
    return { name, level: 'ok', detail: `found at ${file.pathname}; not loaded` };
  } catch (error) {
    // Node appends a stack of requires, one per line.
    const [detail = ''] = errorMessage(error).split('\n');
    return { name, level: 'failed', detail, hint: 'Paths of plugins are relative to the folder of the configuration.' };
  }
}
