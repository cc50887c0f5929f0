/** Of the messages of built-in scenarios, unless told: bytes. */
export const DEFAULT_SIZE = 64;
/** More is not asked of a message. */
export const LARGEST_SIZE = 16 * 1024 * 1024;
