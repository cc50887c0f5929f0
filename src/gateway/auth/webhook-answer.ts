import { z } from 'zod';
import type { HttpAnswer } from '../drivers/http-caller.js';
import { headerText } from '../transport/header-text.js';
import type { HttpRequest } from '../transport/http-exchange.js';
import { unavailable, type AuthOutcome } from './authenticator.js';
import { tagValue } from './claim-tags.js';
import { firstSpoken, offeredSubprotocols } from './offered-subprotocols.js';

const accepted = z.object({
  tags: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  subprotocol: z.string().optional(),
  /** Seconds since the Unix epoch. */
  expires_at: z.number().optional(),
});

/** Of a refusal so much is passed on to the client. */
const MAX_REFUSAL_BYTES = 1024;
const PASSED_ON = ['www-authenticate', 'retry-after', 'content-type'] as const;

/** What a backend's answer means: 2xx lets in, 4xx refuses with its status, anything else is no answer. */
export function readWebhookAnswer(
  answer: HttpAnswer,
  request: HttpRequest,
  subprotocols: readonly string[],
): AuthOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return readAccepted(answer, request, subprotocols);
  if (status >= 400 && status < 500) return readRefused(answer);
  return unavailable(`the backend answered ${status}`);
}

function readAccepted({ body }: HttpAnswer, { headers }: HttpRequest, subprotocols: readonly string[]): AuthOutcome {
  const parsed = accepted.safeParse(body.trim() === '' ? {} : parseJson(body));
  if (!parsed.success) return unavailable('the backend accepted with a body that is not of the documented form');
  const { tags, subprotocol, expires_at: expiresAtS } = parsed.data;
  if (subprotocol !== undefined && !offeredSubprotocols(headers).includes(subprotocol)) {
    return unavailable('the backend named a subprotocol that was not offered');
  }
  const grant = {
    tags: new Map(Object.entries(tags).map(([key, value]) => [key, tagValue(value) ?? ''])),
    expiresAtMs: expiresAtS === undefined ? undefined : expiresAtS * 1000,
  };
  return { accept: true, grant, subprotocol: subprotocol ?? firstSpoken(headers, subprotocols) };
}

function readRefused({ status, headers, body }: HttpAnswer): AuthOutcome {
  const passedOn: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers.get(name);
    if (value !== null) passedOn[name] = headerText(value);
  }
  if (status === 401) passedOn['www-authenticate'] ??= 'Bearer';
  const isShort = Buffer.byteLength(body) <= MAX_REFUSAL_BYTES;
  const rejection = { accept: false, status, headers: passedOn, body: isShort ? body : '' } as const;
  return { accept: false, why: `the backend answered ${status}`, isUnavailable: false, rejection };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
