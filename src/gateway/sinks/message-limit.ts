/** The largest event that a sink takes. */
export interface MessageLimit {
  readonly maxBytes: number;
  /** The setting that has this value, as the beginning of a sentence. */
  readonly setting: string;
  /** `json`: binary messages are sent as base64, which is a third larger. */
  readonly encoding: 'raw' | 'json';
  /** The treatment of an event above the limit. */
  readonly effect: 'refused' | 'sent-alone';
}

/** Called by a sink as soon as it knows a limit: at its start, and on each new connection. */
export type ReportLimit = (limit: MessageLimit) => void;

/** The sizes of messages that endpoints accept. */
export interface AcceptedMessages {
  readonly endpoints: readonly { readonly maxMessageBytes: number }[];
}

/** Space for ids, tags, field names and the like. */
const ENVELOPE_BYTES = 1_024;
/** Characters of base64 for each three bytes. */
const BASE64_BYTES = 4;

/**
 * The warning that an endpoint accepts messages above the limit; undefined when all of them fit.
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
