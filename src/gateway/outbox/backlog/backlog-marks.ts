/**
 * What is remembered of a moment: when the event was appended, and how many bytes of events had
 * been appended before it.
 */
interface Mark {
  readonly sequence: number;
  readonly bytes: number;
  readonly atMs: number;
}

/** Beyond it every other mark goes: age and size become coarser instead of memory growing. */
const MAX_MARKS = 4096;

/**
 * Tells how old a waiting event is and how much waits behind it, without keeping that of each
 * event.
 */
export class BacklogMarks {
  #marks: Mark[] = [];

  get last(): Mark | undefined {
    return this.#marks.at(-1);
  }

  add(mark: Mark): void {
    this.#marks.push(mark);
    if (this.#marks.length > MAX_MARKS) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
  }

  /** When the event was appended, at the latest; undefined when nothing was. */
  timeOf(sequence: number): number | undefined {
    return this.#markOf(sequence)?.atMs;
  }

  /** Bytes appended before the event, at most this exact. */
  bytesBefore(sequence: number): number {
    return this.#markOf(sequence)?.bytes ?? 0;
  }

  /** The first marked event with at least so many bytes before it; undefined when there is none. */
  firstBehind(bytes: number): number | undefined {
    return this.#marks.find((mark) => mark.bytes >= bytes)?.sequence;
  }

  /** Forgets what tells nothing about later events. */
  release(sequence: number): void {
    const needed = this.#marks.findLastIndex((mark) => mark.sequence <= sequence + 1);
    if (needed > 0) this.#marks.splice(0, needed);
  }

  #markOf(sequence: number): Mark | undefined {
    return this.#marks.findLast((mark) => mark.sequence <= sequence);
  }
}
