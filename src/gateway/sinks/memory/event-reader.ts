import type { QueueLimits } from '../../event/event-queue.js';
import type { EventPage, EventRing } from './event-ring.js';

/**
 * A reader's starting point: after the newest event, before the oldest kept, or after the event
 * with this sequence.
 */
export type ReaderStart = 'newest' | 'oldest' | number;

/**
 * One reader's position in the ring. A reader holds nothing back: when it is too slow it finds a
 * gap.
 */
export class EventReader {
  #place: number;

  readonly #ring: EventRing;

  constructor(ring: EventRing, start: ReaderStart) {
    this.#ring = ring;
    this.#place = startPlace(ring, start);
  }

  /** The sequence of the last event read or skipped; 0 before the first. */
  get position(): number {
    return this.#place;
  }

  /** True when everything has been read. */
  isCaughtUp(): boolean {
    return this.#place >= this.#ring.lastSequence;
  }

  /** Reads the next page; at the end the page is empty. */
  read(limits: QueueLimits): EventPage {
    const page = this.#ring.read(this.#place, limits);
    this.#place = page.position;
    return page;
  }
}

function startPlace(ring: EventRing, start: ReaderStart): number {
  if (start === 'newest') return ring.lastSequence;
  if (start === 'oldest') return ring.firstSequence - 1;
  return Math.min(start, ring.lastSequence);
}
