import { onTestFinished } from 'vitest';
import type { OutboxConfig } from '../../src/gateway/config/outbox-config.js';
import type { NewEvent } from '../../src/gateway/outbox/outbox.js';
import type { EventGate } from '../../src/gateway/outbox/outbox.js';
import { OutboxIntake } from '../../src/gateway/workers/outbox-intake.js';
import { RelayOutbox, underWayBytes } from '../../src/gateway/workers/relay-outbox.js';
import { WorkersGate } from '../../src/gateway/workers/workers-gate.js';
import { GatedSink } from './gated-sink.js';
import { linkPair } from './link-pair.js';
import { RecordingLogger } from './recording-logger.js';
import { outboxConfig, testOutbox } from './test-outbox.js';

/** A real outbox with an intake, and workers with real links. */
export async function relayedOutbox(changes: Partial<OutboxConfig> = {}, { workers = 1, canPause = true } = {}) {
  const sink = new GatedSink();
  const gate = new WorkersGate();
  const log = new RecordingLogger();
  const outbox = testOutbox([sink], { config: changes, gate, log });
  const closes: string[] = [];
  const gone: number[] = [];
  const observer = {
    closed: (connection: string) => void closes.push(connection),
    gone: (worker: number) => void gone.push(worker),
  };
  const spareBytes = underWayBytes(outboxConfig(changes).maxBytes, workers);
  const intake = new OutboxIntake({ outbox, gate, canPause, spareBytes, node: '0001', log, observer });
  await outbox.start();
  onTestFinished(async () => void (await outbox.stop(0)));
  const addWorker = async (worker: number, mirrorGate?: EventGate) => {
    const pair = await linkPair(worker);
    const refused: string[] = [];
    const relay = new RelayOutbox({
      link: pair.worker,
      config: outboxConfig(changes),
      workers,
      gate: mirrorGate,
      onRefused: (connection, reason, isMessage) =>
        void refused.push(`${connection} ${reason} ${isMessage ? 'message' : 'open'}`),
    });
    intake.attach(pair.supervisor);
    return { ...pair, relay, refused };
  };
  return { sink, outbox, intake, gate, log, closes, gone, addWorker };
}

/** An open event. */
export function openOf(connection: string, tags = ''): NewEvent {
  return { connection, action: 'open', tags };
}

/** A text message. */
export function messageOf(connection: string, text: string, tags = ''): NewEvent {
  return { connection, action: 'message', type: 'text', tags, message: Buffer.from(text) };
}

/** A close event. */
export function closeOf(connection: string, tags = ''): NewEvent {
  return { connection, action: 'close', tags, reason: 'closed_by_client' };
}
