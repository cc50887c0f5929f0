import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage, WsgError } from '../../../core/error.js';

/** The installed package uWebSockets.js. */
export interface UwsPackage {
  readonly folder: string;
  /** Name and version, such as `uWebSockets.js@20.52.0`; a third party's copy has another name. */
  readonly label: string;
  /**
   * Path of the native library that its loader looks for on this machine; the file need not exist.
   */
  readonly binary: string;
}

/** The place that the module is resolved from, and the platform. Tests pass their own. */
export interface UwsHost {
  /** The file whose `node_modules` folders are searched. */
  readonly from: string;
  readonly platform: string;
  readonly arch: string;
  /** Node's ABI, `process.versions.modules`. */
  readonly abi: string;
  /** The version of glibc; undefined with another C library. */
  glibc(): string | undefined;
}

const OFFICIAL = 'github:uNetworking/uWebSockets.js#v20.52.0';
const COPY = 'uWebSockets.js@npm:uwebsockets@3.0.6';

/** Describes this process. */
export function uwsHost(): UwsHost {
  const { platform, arch, versions } = process;
  return { from: fileURLToPath(import.meta.url), platform, arch, abi: versions.modules, glibc: glibcVersion };
}

/** Returns the version of glibc of this process; undefined on musl and on other systems. */
export function glibcVersion(): string | undefined {
  const report: { readonly header?: { readonly glibcVersionRuntime?: unknown } } = process.report.getReport();
  const version = report.header?.glibcVersionRuntime;
  return typeof version === 'string' ? version : undefined;
}

/** Finds the package without loading it; undefined when it is not installed. */
export function findUwsPackage(host: UwsHost): UwsPackage | undefined {
  const { from, platform, arch, abi } = host;
  try {
    const folder = dirname(createRequire(from).resolve('uWebSockets.js'));
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { folder, label: `${name}@${version}`, binary: join(folder, `uws_${platform}_${arch}_${abi}.node`) };
  } catch {
    return undefined;
  }
}

/** Returns the SHA-256 of a file in hexadecimal; undefined when it cannot be read. */
export function fileSha256(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}

/**
 * Translates an error of uWebSockets.js's loader into `transport.unavailable`, with the reason and
 * what to do.
 */
export function uwsUnavailable(thrown: unknown, host: UwsHost): WsgError {
  const found = findUwsPackage(host);
  const { reason, help } =
    found === undefined
      ? {
          reason: `The package uWebSockets.js is not installed (searched from ${dirname(host.from)}).`,
          help: howToInstall(host.from),
        }
      : explain(found, errorMessage(thrown), host);
  return new WsgError('transport.unavailable', `The transport uws cannot run on this machine. ${reason}`, {
    hint: `Use the default, --transport ws, which needs no other package. ${help}`,
    cause: thrown,
  });
}

interface Explanation {
  readonly reason: string;
  readonly help: string;
}

function explain(found: UwsPackage, message: string, host: UwsHost): Explanation {
  const { platform, arch, abi } = host;
  const glibc = host.glibc();
  const where = `${found.label} in ${found.folder}`;
  if (platform === 'linux' && glibc === undefined) {
    return {
      reason: `The binaries of ${where} need glibc, but this system has another C library (musl on Alpine).`,
      help: 'To use uws, run on a system with glibc, such as Debian or Ubuntu.',
    };
  }
  if (!existsSync(found.binary)) {
    const others = abisOf(found, `uws_${platform}_${arch}_`);
    const has = others.length === 0 ? 'none for this platform' : `ABI ${others.join(', ')}`;
    return {
      reason: `${where} has no binary for Node ${process.versions.node} (ABI ${abi}) on ${platform} ${arch}: ${basename(found.binary)} is missing; it has ${has}.`,
      help: `To use uws, run a version of Node that the package supports, or install another version of the package. ${howToInstall(host.from)}`,
    };
  }
  const wanted = /version `GLIBC_([\d.]+)' not found/.exec(message)?.[1];
  if (wanted !== undefined) {
    return {
      reason: `${basename(found.binary)} of ${where} needs glibc ${wanted}, but this system has ${glibc ?? 'an older one'}.`,
      help: `To use uws, run on a system with glibc ${wanted} or newer (Debian 13, Ubuntu 24.04), or a version of Node whose binary needs an older glibc.`,
    };
  }
  return {
    reason: `${basename(found.binary)} of ${where} does not load: ${lastSentence(message)}`,
    help: `If the file is damaged, remove ${found.folder} and install the package again. ${howToInstall(host.from)}`,
  };
}

/** Names the official package first. It is not on npm, which has only a third party's copy. */
function howToInstall(from: string): string {
  const install = installCommand(from);
  return (
    `To install the package: \`${install} ${OFFICIAL}\` (the official package; npm fetches it with git), or ` +
    `\`${install} --save-exact ${COPY}\` (a third party's copy on npm; see docs/reference/supply-chain.md).`
  );
}

/**
 * Returns the command for the folder that wsg is installed in: a project, or the global folder,
 * which has no package.json.
 */
function installCommand(from: string): string {
  const [project, ofPnpm] = from.split(/[\\/]node_modules[\\/]\.pnpm[\\/]/);
  if (ofPnpm !== undefined) return `pnpm add --dir ${project}`;
  const [holder] = from.split(/[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]dist[\\/]/);
  if (holder === undefined || holder === from) return 'npm install --no-save';
  return existsSync(join(holder, 'package.json')) ? `npm install --prefix ${holder}` : 'npm install --global';
}

function abisOf({ folder }: UwsPackage, prefix: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.node'))
    .map((name) => name.slice(prefix.length, -'.node'.length));
}

/**
 * Extracts the reason: the loader's message begins with a list of platforms and may end with a list
 * of paths.
 */
function lastSentence(message: string): string {
  const [told = ''] = message.split('\nRequire stack:');
  return (
    told
      .split('\n')
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? 'no reason given'
  );
}
