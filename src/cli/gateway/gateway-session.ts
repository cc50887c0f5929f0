import { fileURLToPath } from 'node:url';
import { systemClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { Gateway, loadConfig, withNodeNumber, type ConfigOverrides } from '../../gateway/index.js';
import { errorMessage, WsgError } from '../../core/error.js';
import { EXIT_CODE } from '../exit-code.js';
import { endHungProcess, endProcessLater, onReloadSignal, onStopSignal, type StopSignal } from '../signals.js';
import { parseDuration } from '../../core/duration.js';
import { createGatewayLog, type GatewayLog } from './gateway-log.js';
import { configOverrides, type GatewayFlags } from './gateway-flags.js';
import { checkReadyDescriptor, writeReadyLine } from './ready-line.js';

/** Margin beyond the limits of the drain, after which a stop counts as hung. */
const STOP_MARGIN_MS = 15_000;
/** Time limit for writing the last log lines. */
const LAST_LINES_MS = 1_000;
/**
 * Time that anything else (a plugin's timer, a blocked reader) may keep the process running after
 * the gateway has stopped.
 */
const LEFT_OPEN_MS = 3_000;
/** Maximum number of logged defects, so that one in a repeating timer does not fill the log. */
const MOST_DEFECTS_LOGGED = 20;

/** The arguments of a gateway command. */
export interface GatewaySession {
  readonly flags: GatewayFlags;
  /** Plugins in addition to those of the configuration. */
  readonly plugins: NonNullable<ConfigOverrides['plugins']>;
}

/**
 * Runs a gateway until a signal, the exit of its parent process or a defect stops it. Resolves when
 * it has drained.
 */
export async function runGateway(session: GatewaySession): Promise<void> {
  const { flags } = session;
  if (flags['ready-fd'] !== undefined) checkReadyDescriptor(flags['ready-fd']);
  const gatewayLog = createGatewayLog(flags);
  try {
    await run(session, gatewayLog);
  } finally {
    await gatewayLog.lines.flush(LAST_LINES_MS);
    endProcessLater(LEFT_OPEN_MS);
  }
}

async function run({ flags, plugins }: GatewaySession, gatewayLog: GatewayLog): Promise<void> {
  const { log } = gatewayLog;
  const loaded = loadConfig({
    path: flags.config,
    cwd: process.cwd(),
    env: process.env,
    overrides: { ...configOverrides(flags), plugins },
  });
  const { warnings, notices } = loaded;
  for (const warning of warnings) log.warn('config.warning', { warning });
  for (const notice of notices) log.info('config.default', { notice });
  const unusable = new UnusableGateway(log);
  const numbering = { clock: systemClock, log, onLost: unusable.onUnusable };
  const { config, release } = await withNodeNumber(loaded.config, numbering);
  try {
    await runUntilStopped({ ...loaded, config }, flags, { ...gatewayLog, unusable });
  } finally {
    await release();
  }
}

async function runUntilStopped(
  loaded: ReturnType<typeof loadConfig>,
  flags: GatewayFlags,
  { log, lines, unusable }: GatewayLog & { readonly unusable: UnusableGateway },
): Promise<void> {
  const gateway = await createGateway(loaded, flags, { log, lines, onUnusable: unusable.onUnusable });
  const stopRequest = Promise.race([
    waitForStopRequest(gateway, { log, lines }),
    waitForDefect(log),
    unusable.reported,
  ]);
  const { pauseMs, closeSpreadMs, flushTimeoutMs } = loaded.config.drain;
  // Starts with the request to stop, not when the start ends, because a plugin may hang in the
  // start.
  void stopRequest.then(() => boundStop(pauseMs + closeSpreadMs + flushTimeoutMs + STOP_MARGIN_MS, lines));
  onReloadSignal(() => void gateway.reload());
  const address = await Promise.race([gateway.start(), stopRequest]);
  if (address !== undefined && flags['ready-fd'] !== undefined) announce(flags['ready-fd'], address, log);
  await stopRequest;
  await gateway.stop();
  unusable.throwIfReported();
}

/** A gateway of one process or several. */
type AnyGateway = Pick<Gateway, 'start' | 'stop' | 'reload' | 'waitingEvents'>;

/** Creates a gateway that is one process, or the supervisor of one with several. */
async function createGateway(
  { config, given, source }: ReturnType<typeof loadConfig>,
  flags: GatewayFlags,
  { log, lines, onUnusable }: GatewayLog & Pick<UnusableGateway, 'onUnusable'>,
): Promise<AnyGateway> {
  const deps = { log, source, droppedLogLines: () => lines.dropped, onUnusable };
  if (config.workers === 1) return new Gateway(config, deps);
  const { SupervisorGateway } = await import('../../gateway/several-processes.js');
  const entry = fileURLToPath(new URL('./worker-main.js', import.meta.url));
  const logOptions = { format: flags['log-format'], level: flags['log-level'] };
  return new SupervisorGateway(config, { ...deps, workers: { entry, given, log: logOptions } });
}

/** Writes the address to the descriptor. A reader that has closed it does not stop the gateway. */
function announce(fd: number, address: Parameters<typeof writeReadyLine>[1], log: Logger): void {
  const failed = (error: unknown): void => log.warn('gateway.ready-fd-failed', { fd, reason: errorMessage(error) });
  void writeReadyLine(fd, address).catch(failed);
}

/** Keeps the reason for which a running gateway must end, which is the error of the command. */
class UnusableGateway {
  /** Resolves when a reason is there. */
  readonly reported: Promise<undefined>;
  readonly #log: Logger;
  #error: WsgError | undefined;
  #report: () => void = () => undefined;

  constructor(log: Logger) {
    this.#log = log;
    this.reported = new Promise((resolve) => (this.#report = () => resolve(undefined)));
  }

  readonly onUnusable = (error: WsgError): void => {
    this.#error ??= error;
    this.#log.error('gateway.unusable', { reason: error.message, hint: error.hint });
    this.#report();
  };

  throwIfReported(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

function waitForStopRequest(gateway: AnyGateway, { log, lines }: GatewayLog): Promise<undefined> {
  return new Promise((resolve) => {
    const onFirst = (reason: StopSignal): void => {
      log.info('gateway.stopping', { reason });
      resolve(undefined);
    };
    const onSecond = (reason: StopSignal): void => {
      log.error('gateway.cut', { reason, events: gateway.waitingEvents });
      lines.flushNow(LAST_LINES_MS);
      endHungProcess(EXIT_CODE.interruptedTwice);
    };
    onStopSignal(onFirst, { onSecond });
    process.once('disconnect', () => {
      log.info('gateway.stopping', { reason: 'the parent process is gone' });
      resolve(undefined);
    });
    process.channel?.unref();
  });
}

/**
 * Resolves at the first uncaught exception or rejection, also of a plugin. The state of the process
 * is unknown then, so the gateway drains.
 */
function waitForDefect(log: Logger): Promise<undefined> {
  return new Promise((resolve) => {
    let seen = 0;
    process.on('uncaughtException', (error, origin) => {
      seen += 1;
      if (seen <= MOST_DEFECTS_LOGGED) {
        log.error('gateway.defect', { origin, reason: errorMessage(error), stack: error.stack });
      }
      if (seen === 1) log.info('gateway.stopping', { reason: origin });
      process.exitCode = EXIT_CODE.internal;
      resolve(undefined);
    });
  });
}

/**
 * Ends the process if it still runs after `boundMs`. The timer does not keep the process running.
 */
function boundStop(boundMs: number, lines: GatewayLog['lines']): void {
  const cut = (): void => {
    lines.flushNow(LAST_LINES_MS);
    endHungProcess(EXIT_CODE.internal);
  };
  setTimeout(cut, boundMs).unref();
}

/**
 * Returns the configuration entry of the plugin `devhelpers`. Throws `usage` when the pause is not
 * a duration.
 */
export function helperPlugin(pause: string, roundsPerFlush: number | undefined): GatewaySession['plugins'][number] {
  const pauseMs = parseDuration(pause);
  if (pauseMs === undefined || pauseMs < 0) {
    throw new WsgError('usage', `--pause must be a duration such as 0.1ms, 5ms or 0 (got '${pause}').`);
  }
  return { module: 'devhelpers', options: { pauseMs, ...(roundsPerFlush !== undefined && { roundsPerFlush }) } };
}
