import { z } from 'zod';

/** What JetStream said of a message. */
export type NatsAck =
  | { readonly kind: 'stored'; readonly duplicate: boolean }
  /** The server has this stream and says no; `code` is its `err_code`. */
  | { readonly kind: 'denied'; readonly code: number; readonly why: string }
  /** The link is lost or silent, no stream listens: nothing is known of the message. */
  | { readonly kind: 'lost'; readonly why: string };

const denial = z.object({ error: z.object({ err_code: z.int().default(0), description: z.string().default('') }) });

/** Reads the answer to a publish. Hot: of the usual answer only its beginning is looked at. */
export function parseAck(text: string): NatsAck {
  if (text.startsWith('{"stream":') && text.includes('"seq":')) {
    return { kind: 'stored', duplicate: text.includes('"duplicate":') };
  }
  const parsed = denial.safeParse(jsonOf(text));
  if (!parsed.success) return { kind: 'lost', why: 'an answer that is not an acknowledgement' };
  const { err_code, description } = parsed.data.error;
  return { kind: 'denied', code: err_code, why: description };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
