import { redactText } from '../../core/redacting-logger.js';
import type { OutboxState, SinkState } from './outbox.js';

/** What `/readyz` tells operators of the outbox and of each sink. */
export function outboxDetails(state: OutboxState): Readonly<Record<string, string | number>> {
  const details: Record<string, string | number> = { outbox_events: state.events, outbox_bytes: state.bytes };
  if (state.maxDiskBytes > 0) details.outbox_disk_bytes = state.diskBytes;
  if (state.heldBytes > 0) details.outbox_held_bytes = state.heldBytes;
  const { places, bytes, events } = state.damage;
  if (places > 0) details.outbox_damaged = `places=${places} bytes=${bytes} missing_events=${events}`;
  for (const sink of state.sinks) addSink(details, sink);
  return details;
}

function addSink(details: Record<string, string | number>, sink: SinkState): void {
  const { name, required, status, reason, waiting, oldestMs, aside, unjudged, refused, letters, missed } = sink;
  const counts = `waiting=${waiting} oldest_ms=${Math.round(oldestMs)} refused=${refused} missed=${missed}`;
  const dead = letters.letters === 0 ? '' : ` dead_letters=${letters.letters}`;
  details[`sink_${name}`] = `${status} ${required ? 'required' : 'optional'} ${counts}${dead}`;
  if (reason !== undefined) details[`sink_${name}_reason`] = oneLine(reason);
  if (unjudged !== undefined) details[`sink_${name}_unjudged`] = unjudged;
  if (aside.events === 0) return;
  details[`sink_${name}_aside`] = `events=${aside.events} destinations=${aside.destinations}`;
  if (aside.reason !== undefined) details[`sink_${name}_aside_reason`] = oneLine(aside.reason);
}

/** Details are a line each. */
function oneLine(text: string): string {
  return redactText(text).replace(/\s+/g, ' ');
}
