import { createServer } from 'node:net';
import { errorMessage, systemErrorCode, WsgError, type ErrorCode } from '../../../core/error.js';
import { formatListenAddress, type ListenAddress } from '../../../core/listen-address.js';

interface ListenProblem {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint: string;
}

const PROBLEMS: Readonly<Record<string, ListenProblem>> = {
  EADDRINUSE: {
    code: 'listen.in-use',
    sentence: 'another process is listening on it',
    hint: 'Stop that process, or choose another port; port 0 picks a free one.',
  },
  EACCES: {
    code: 'listen.denied',
    sentence: 'this process is not allowed to bind it',
    hint: 'Ports below 1024 need privileges; choose a higher port.',
  },
  EADDRNOTAVAIL: {
    code: 'listen.failed',
    sentence: 'no network interface of this machine has that address',
    hint: 'Listen on 0.0.0.0 or on an address of this machine.',
  },
  ENOTFOUND: {
    code: 'listen.failed',
    sentence: 'the host name does not resolve',
    hint: 'Give an IP address of this machine.',
  },
};

const AIRPLAY: ListenProblem = {
  code: 'listen.in-use',
  sentence: 'another process is listening on it; on macOS that is the AirPlay receiver',
  hint: 'Listen elsewhere, for instance with --listen 127.0.0.1:5001, or switch the AirPlay receiver off.',
};

/** Translates an error of Node's `listen` into one of the catalogue. */
export function listenError(address: ListenAddress, thrown: unknown): WsgError {
  const shown = formatListenAddress(address);
  const problem = findProblem(address, systemErrorCode(thrown) ?? '');
  if (problem === undefined) {
    return new WsgError('listen.failed', `Cannot listen on ${shown}: ${errorMessage(thrown)}.`, { cause: thrown });
  }
  return new WsgError(problem.code, `Cannot listen on ${shown}: ${problem.sentence}.`, {
    hint: problem.hint,
    cause: thrown,
  });
}

/** Finds out why a library that gives no reason could not listen, by listening with Node. */
export async function probeListenError(address: ListenAddress): Promise<WsgError> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ host: address.host, port: address.port, exclusive: true }, resolve);
    });
  } catch (thrown) {
    return listenError(address, thrown);
  }
  await new Promise((resolve) => probe.close(resolve));
  return new WsgError(
    'listen.failed',
    `Cannot listen on ${formatListenAddress(address)}: the library gives no reason.`,
    {
      hint: 'Try again, or use --transport ws, which reports the reason.',
    },
  );
}

/** Resolves to a free port; rejects with `listen.*`. */
export function findFreePort(host: string): Promise<number> {
  return claimPort({ host, port: 0 });
}

/**
 * Listens for a moment on an address that nobody else may listen on, and resolves to its port, a
 * free one for port 0. Rejects with `listen.*`.
 */
export async function claimPort(address: ListenAddress): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (thrown) => reject(listenError(address, thrown)));
    probe.listen({ host: address.host, port: address.port, exclusive: true }, resolve);
  });
  const bound = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

function findProblem(address: ListenAddress, systemCode: string): ListenProblem | undefined {
  const isAirPlay = systemCode === 'EADDRINUSE' && process.platform === 'darwin' && address.port === 5000;
  return isAirPlay ? AIRPLAY : PROBLEMS[systemCode];
}
