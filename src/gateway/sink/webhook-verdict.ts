/** What an answer of the receiver means for the events of its request. */
export type WebhookVerdict =
  | { readonly kind: 'taken' }
  /** To be sent again, not before `retryAfterMs`. */
  | { readonly kind: 'away'; readonly retryAfterMs: number }
  /** Somebody in this request is refused for good. `blames` says whether one event may be at fault, or all are refused alike. */
  | { readonly kind: 'refused'; readonly blames: 'event' | 'request' };

/** Answers that ask for the same request later, though they are 4xx. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Answers about address, credentials or method: no single event is at fault. */
const ABOUT_REQUEST: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407, 410, 421, 426, 451, 511]);

/** However long a receiver asks for, it is asked again after this time. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** 2xx is taken; 408, 425, 429 and 5xx are away; all other 4xx, and 3xx because redirects are never followed, are refused. */
export function judgeAnswer(status: number, retryAfter: string | undefined, wallNow: number): WebhookVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 500 || status < 200 || LATER.has(status)) {
    return { kind: 'away', retryAfterMs: retryAfterMs(retryAfter, wallNow) };
  }
  return { kind: 'refused', blames: status < 400 || ABOUT_REQUEST.has(status) ? 'request' : 'event' };
}

/** Seconds or an HTTP date; 0 when there is none that can be read. */
function retryAfterMs(text: string | undefined, wallNow: number): number {
  if (text === undefined) return 0;
  const delay = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallNow;
  return Number.isNaN(delay) ? 0 : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, delay));
}
