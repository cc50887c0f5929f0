import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WsgError } from '../../core/error.js';
import { echoServerEntry, type Plan } from '../../loadgen/index.js';
import { GatewayProcess } from '../gateway/gateway-process.js';

const ENTRY = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

/** A server that is started for the time of a run. */
export interface SpawnedTarget {
  readonly process: GatewayProcess;
  /** Of the URL where virtual users connect. */
  readonly path: string;
  /** Whether it has a gateway's counters. */
  readonly isGateway: boolean;
}

/** Where a spawned server is heard. */
export interface SpawnOutlets {
  /** Takes a line that the server wrote. */
  relayed(source: 'gateway' | 'echo', text: string): void;
  /** It ended although nobody stopped it. */
  died(error: WsgError): void;
}

/**
 * A gateway on a free port: `devhelpers` sends to all connections as fast as it can, `serve` what
 * it is told to send.
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

/** A server that answers each message with the same one, on a free port. */
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
 * The snapshot and scripts like it live on what the helper loop sends; the other scenarios measure
 * something else.
 */
function gatewayCommand({ behaviour }: Plan): 'devhelpers' | 'serve' {
  return behaviour.type === 'script' || behaviour.name === 'snapshot' ? 'devhelpers' : 'serve';
}

function targetDied(title: string, how: string): WsgError {
  return new WsgError('target.unreachable', `${title} died in the middle of the run: ${how}.`, {
    hint: 'What was recorded before stands in the results.',
  });
}
