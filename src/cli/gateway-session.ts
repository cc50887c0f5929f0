import { fstatSync } from 'node:fs';
import { WsgError } from '../core/error.js';
import type { Logger } from '../core/logger.js';
import { type ConfigOverrides, Gateway, loadConfig } from '../gateway/index.js';
import { EXIT_CODE } from './exit-code.js';
import type { GatewayFlags } from './gateway-flags.js';
import { createGatewayLog } from './gateway-log.js';
import { writeReadyLine } from './ready-line.js';
import { endProcess, onReloadSignal, onStopSignal, type StopSignal } from './signals.js';

/** Beyond what the drain may take: a stop that lasts longer hangs. */
const STOP_MARGIN_MS = 15_000;

/** What a gateway command runs. */
export interface GatewaySession {
  readonly flags: GatewayFlags;
  /** Beside those of the configuration. */
  readonly plugins: NonNullable<ConfigOverrides['plugins']>;
}

/** Runs a gateway until a signal, or the end of the parent that started it, asks it to stop; resolves when it has drained. */
export async function runGateway({ flags, plugins }: GatewaySession): Promise<void> {
  const readyFd = checkDescriptor(flags['ready-fd']);
  const log = createGatewayLog(flags);
  const { config, source, warnings, notices } = loadConfig({
    path: flags.config,
    cwd: process.cwd(),
    env: process.env,
    overrides: { listen_addr: flags.listen, transport: flags.transport, plugins },
  });
  for (const warning of warnings) log.warn('config.warning', { warning });
  for (const notice of notices) log.info('config.default', { notice });
  const gateway = new Gateway(config, { log, source });
  const stopRequest = waitForStopRequest(gateway, log);
  const { pauseMs, closeSpreadMs, flushTimeoutMs } = config.drain;
  // From the request on, not from the end of the start: a plugin may hang there.
  void stopRequest.then(() => boundStop(pauseMs + closeSpreadMs + flushTimeoutMs + STOP_MARGIN_MS));
  onReloadSignal(() => void gateway.reload());
  const address = await gateway.start();
  if (readyFd !== undefined) writeReadyLine(readyFd, address);
  await stopRequest;
  await gateway.stop();
}

function checkDescriptor(fd: number | undefined): number | undefined {
  if (fd === undefined) return undefined;
  try {
    fstatSync(fd);
    return fd;
  } catch (cause) {
    throw new WsgError('usage', `File descriptor ${fd} of --ready-fd is not open.`, { cause });
  }
}

function waitForStopRequest(gateway: Gateway, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const onFirst = (reason: StopSignal): void => {
      log.info('gateway.stopping', { reason });
      resolve();
    };
    const onSecond = (reason: StopSignal): void => {
      log.error('gateway.cut', { reason, events: gateway.waitingEvents });
      endProcess(EXIT_CODE.interruptedTwice);
    };
    onStopSignal(onFirst, { onSecond });
    process.once('disconnect', () => {
      log.info('gateway.stopping', { reason: 'the parent process is gone' });
      resolve();
    });
    process.channel?.unref();
  });
}

/** Ends the process when it still runs after `boundMs`; does not itself keep it running. */
function boundStop(boundMs: number): void {
  setTimeout(() => endProcess(EXIT_CODE.internal), boundMs).unref();
}
