/** The most that a sink takes of one event. */
export interface MessageLimit {
  readonly maxBytes: number;
  /** Where it is set, to begin a sentence with. */
  readonly setting: string;
  /** `json`: binary messages are base64, and so a third larger. */
  readonly encoding: 'raw' | 'json';
  /** What becomes of an event above it. */
  readonly effect: 'refused' | 'sent-alone';
}

/** Called by a sink with a limit as soon as it knows it: at its start, and on each new connection. */
export type TellLimit = (limit: MessageLimit) => void;

/** What endpoints accept from clients. */
export interface AcceptedMessages {
  readonly endpoints: readonly { readonly maxMessageBytes: number }[];
}

/** Room for ids, tags, names of fields and the like. */
const ENVELOPE_BYTES = 1_024;
/** What base64 makes of three bytes. */
const BASE64_BYTES = 4;

/**
 * A sentence when a message that the endpoints accept is above the limit; undefined when all of
 * them fit.
 */
export function limitWarning(limit: MessageLimit, { endpoints }: AcceptedMessages): string | undefined {
  const { maxBytes, setting, encoding, effect } = limit;
  const accepted = Math.max(0, ...endpoints.map(({ maxMessageBytes }) => maxMessageBytes));
  const room = Math.max(0, maxBytes - ENVELOPE_BYTES);
  const binaryRoom = encoding === 'json' ? Math.floor(room / BASE64_BYTES) * 3 : room;
  if (accepted <= (effect === 'refused' ? binaryRoom : maxBytes)) return undefined;
  const allowed = `max_message_size_kb allows ${accepted / 1024} KiB`;
  if (effect === 'sent-alone') {
    return `${setting} is ${maxBytes} bytes, and ${allowed}: an event above it is sent alone, in a larger request.`;
  }
  const binary = encoding === 'json' ? `, or ${binaryRoom} of binary data,` : '';
  return `${setting} is ${maxBytes} bytes, and ${allowed}: messages above about ${room} bytes${binary} are refused for good.`;
}
