import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';

/** Default size of the messages of built-in scenarios: bytes. */
const DEFAULT_SIZE = 64;
/** The largest message that can be asked for: bytes. */
export const LARGEST_SIZE = 16 * 1024 * 1024;

/** Settings of scenarios that send messages. */
export interface MessagePlan {
  /** Bytes of a message. */
  readonly size: number;
  readonly isBinary: boolean;
}

export function readMessage(options: OptionValues): MessagePlan {
  const size = readSize(options, 1);
  if (size > LARGEST_SIZE) options.complain(OPTIONS.size, `${size} is more than ${LARGEST_SIZE} bytes`);
  return { size, isBinary: options.value(OPTIONS.binary, false) };
}

/** Reads the size of a message: bytes. */
export function readSize(options: OptionValues, least: number): number {
  const setting = options.value(OPTIONS.size);
  return options.reader.integer(setting, { least, otherwise: DEFAULT_SIZE });
}
