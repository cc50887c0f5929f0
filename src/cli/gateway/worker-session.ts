import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import {
  readToWorker,
  WorkerGateway,
  type FromWorker,
  type ToWorker,
  type WorkerStart,
} from '../../gateway/several-processes.js';
import { EXIT_CODE } from '../exit-code.js';
import { endProcess } from '../signals.js';
import { createGatewayLog, type GatewayLog } from './gateway-log.js';

const BEAT_MS = 1_000;
/** Time limit for writing the last log lines. */
const LAST_LINES_MS = 1_000;

/** The log of a worker. */
export interface WorkerLog {
  readonly log: Logger;
  /** Lines that must be flushed before the process ends. */
  readonly lines: Pick<GatewayLog['lines'], 'flush' | 'flushNow'>;
}

/**
 * Runs the part of a gateway that holds connections, as its supervisor tells it. Node ends the
 * process when the supervisor is gone.
 */
export async function runWorker(createLog: (start: WorkerStart) => WorkerLog = logOfProcess): Promise<void> {
  const start = await new Promise<WorkerStart>((resolve) => {
    process.on('message', (raw) => {
      const message = readToWorker(raw);
      if (message?.kind === 'start') resolve(message);
    });
    tell({ kind: 'loaded' });
  });
  const gatewayLog = createLog(start);
  setInterval(() => tell({ kind: 'beat' }), BEAT_MS).unref();
  const { log } = gatewayLog;
  const onLinkLost = (reason: string): void => {
    log.error('worker.link-lost', { reason });
    endAtOnce(gatewayLog);
  };
  const gateway = new WorkerGateway({ log, start, onLinkLost });
  endAtDefect(gateway, gatewayLog);
  process.on('message', (raw) => {
    const message = readToWorker(raw);
    if (message !== undefined) void obey(gateway, message, gatewayLog);
  });
  try {
    await gateway.start();
    tell({ kind: 'listening' });
  } catch (error) {
    const { code, hint, problems } = error instanceof WsgError ? error : INTERNAL;
    tell({ kind: 'failed', code, message: errorMessage(error), hint, problems: [...problems] });
  }
}

function logOfProcess({ log: { format, level }, worker }: WorkerStart): WorkerLog {
  return createGatewayLog({ 'log-format': format, 'log-level': level }, { worker });
}

const INTERNAL = { code: 'internal', hint: undefined, problems: [] } as const;

async function obey(gateway: WorkerGateway, message: ToWorker, { lines }: WorkerLog): Promise<void> {
  switch (message.kind) {
    case 'start':
      return;
    case 'reload':
      await gateway.reload();
      tell({ kind: 'reloaded' });
      return;
    case 'drain':
      await gateway.drain(message.spreadMs);
      tell({ kind: 'empty' });
      return;
    case 'stop':
      await gateway.stop();
      await lines.flush(LAST_LINES_MS);
      endProcess(EXIT_CODE.ok);
  }
}

/** Sends a message to the supervisor; a failure means that it is gone, which ends this process. */
function tell(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * Ends the process at the first uncaught exception or rejection, also of a plugin: its state is
 * unknown then. The supervisor closes its connections and starts another worker.
 */
function endAtDefect(gateway: WorkerGateway, gatewayLog: WorkerLog): void {
  process.on('uncaughtException', (error, origin) => {
    gatewayLog.log.error('gateway.defect', { origin, reason: errorMessage(error), stack: error.stack });
    gateway.flushEvents();
    endAtOnce(gatewayLog);
  });
}

function endAtOnce({ lines }: WorkerLog): void {
  lines.flushNow(LAST_LINES_MS);
  endProcess(EXIT_CODE.internal);
}
