import { parseEventId, type EventBoot } from '../../event/gateway-event.js';

/** Events that follow one another in the log and in their ids. */
interface Run {
  readonly boot: EventBoot;
  /** Place in the log, from 1. */
  readonly firstPlace: number;
  readonly firstId: number;
  lastId: number;
}

/**
 * Finds the place in the log of an event id. Remembers runs, not events: a gigabyte of log has few.
 */
export class AcknowledgedPlaces {
  readonly #runs: Run[] = [];
  #boot: EventBoot | undefined;
  #last: Run | undefined;

  /** What is added from now on belongs to `boot`. */
  enter(boot: EventBoot): void {
    this.#boot = boot;
    this.#last = undefined;
  }

  add(place: number, idSequence: number): void {
    if (this.#last !== undefined && this.#last.lastId + 1 === idSequence) {
      this.#last.lastId = idSequence;
      return;
    }
    if (this.#boot === undefined) return;
    this.#last = { boot: this.#boot, firstPlace: place, firstId: idSequence, lastId: idSequence };
    this.#runs.push(this.#last);
  }

  /** The place of the event, or of the last one before it; 0 when all stand behind it. */
  find(eventId: string): number {
    const id = parseEventId(eventId);
    if (id === undefined) return 0;
    const sameBoot = this.#runs.filter(({ boot }) => boot.node === id.node && boot.epoch === id.epoch);
    const run = sameBoot.findLast(({ firstId }) => firstId <= id.sequence);
    if (run !== undefined) return run.firstPlace + Math.min(id.sequence, run.lastId) - run.firstId;
    const [first] = sameBoot;
    return first === undefined ? 0 : first.firstPlace - 1;
  }
}
