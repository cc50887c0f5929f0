/** One start of one node: what is constant in the ids of all its events. */
export interface EventBoot {
  /** The 16 bits that name the node in connection ids, as 4 lower-case hex digits. */
  readonly node: string;
  /** When the node started, in milliseconds since the Unix epoch. */
  readonly epoch: number;
}

/** An event id taken apart. */
export interface EventId extends EventBoot {
  readonly sequence: number;
}

/** At most 15 digits, so that every number is a safe integer; no leading zeros, so that each id has one spelling. */
const EVENT_ID = /^([0-9a-f]{4})-(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** `<node>-<boot epoch>-<sequence>`. Sequence 0 stands for "before the first event". */
export function formatEventId(boot: EventBoot, sequence: number): string {
  return `${boot.node}-${boot.epoch}-${sequence}`;
}

/** The parts of an event id, or undefined when the text is none. */
export function parseEventId(text: string): EventId | undefined {
  const match = EVENT_ID.exec(text);
  if (match === null) return undefined;
  const [, node = '', epoch, sequence] = match;
  return { node, epoch: Number(epoch), sequence: Number(sequence) };
}
