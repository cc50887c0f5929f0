import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WsgError } from '../../core/error.js';
import { builtInOf, echoServerEntry, type Plan } from '../../loadgen/index.js';
import { GatewayProcess } from '../gateway/gateway-process.js';

const ENTRY = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

/** A server that runs as long as a load test. */
export interface SpawnedTarget {
  readonly process: GatewayProcess;
  /** Path of the URL that virtual users connect to. */
  readonly path: string;
  /** Whether it has a gateway's counters. */
  readonly isGateway: boolean;
}

/** Receives the output and the death of a spawned server. */
export interface SpawnOutlets {
  /** Takes a line that the server wrote. */
  relayed(source: 'gateway' | 'echo', text: string): void;
  /** Called when it ended without being stopped. */
  died(error: WsgError): void;
}

/**
 * Prepares a gateway on a free port: `devhelpers` sends to all connections as fast as it can,
 * `serve` only what a backend sends.
 */
export function gatewayTarget(plan: Plan, outlets: SpawnOutlets): SpawnedTarget {
  const process = new GatewayProcess({
    entry: ENTRY,
    cwd: dirname(ENTRY),
    args: [gatewayCommand(plan), '--listen', '127.0.0.1:0', '--log-format', 'classic'],
    onLine: (line) => outlets.relayed('gateway', line),
    onDeath: (how) => outlets.died(targetDied('The gateway', how)),
  });
  return { process, path: '/connect', isGateway: true };
}

/** Prepares an echo server on a free port. */
export function echoTarget(outlets: SpawnOutlets): SpawnedTarget {
  const title = 'The echo server';
  const process = new GatewayProcess({
    title,
    hint: 'Name a server of yours with --url.',
    entry: echoServerEntry(),
    args: [],
    onLine: (line) => outlets.relayed('echo', line),
    onDeath: (how) => outlets.died(targetDied(title, how)),
  });
  return { process, path: '/', isGateway: false };
}

/**
 * The command of the gateway: scripts and some built-in scenarios need the messages of the helper
 * loop.
 */
function gatewayCommand({ behaviour }: Plan): 'devhelpers' | 'serve' {
  const needsHelperLoop = behaviour.type === 'script' || builtInOf(behaviour).needsHelperLoop === true;
  return needsHelperLoop ? 'devhelpers' : 'serve';
}

function targetDied(title: string, how: string): WsgError {
  return new WsgError('target.unreachable', `${title} stopped during the run: ${how}.`, {
    hint: 'The results have everything that was recorded before.',
  });
}
