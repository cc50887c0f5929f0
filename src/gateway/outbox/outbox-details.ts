import { redactText } from '../../core/redacting-logger.js';
import type { OutboxState } from './outbox.js';

/** What `/readyz` tells operators of the outbox and of each sink. */
export function outboxDetails(state: OutboxState): Readonly<Record<string, string | number>> {
  const details: Record<string, string | number> = { outbox_events: state.events, outbox_bytes: state.bytes };
  if (state.maxDiskBytes > 0) details.outbox_disk_bytes = state.diskBytes;
  if (state.heldBytes > 0) details.outbox_held_bytes = state.heldBytes;
  const { places, bytes, events } = state.damage;
  if (places > 0) details.outbox_damaged = `places=${places} bytes=${bytes} missing_events=${events}`;
  for (const { name, required, status, reason, waiting, oldestMs, aside, refused, letters, missed } of state.sinks) {
    const counts = `waiting=${waiting} oldest_ms=${Math.round(oldestMs)} refused=${refused} missed=${missed}`;
    const dead = letters.letters === 0 ? '' : ` dead_letters=${letters.letters}`;
    details[`sink_${name}`] = `${status} ${required ? 'required' : 'optional'} ${counts}${dead}`;
    if (reason !== undefined) details[`sink_${name}_reason`] = oneLine(reason);
    if (aside.events === 0) continue;
    details[`sink_${name}_aside`] = `events=${aside.events} destinations=${aside.destinations}`;
    if (aside.reason !== undefined) details[`sink_${name}_aside_reason`] = oneLine(aside.reason);
  }
  return details;
}

/** Details are a line each. */
function oneLine(text: string): string {
  return redactText(text).replace(/\s+/g, ' ');
}
