/** What a backend answered. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface WebhookCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** Posts JSON and reads the answer, both within the timeout; follows no redirect. Rejects when there is none, or one that is too large. */
export async function callWebhook({
  url,
  headers,
  body,
  timeoutMs,
  maxAnswerBytes,
}: WebhookCall): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: response.status, headers: response.headers, body: await readBounded(response, maxAnswerBytes) };
}

async function readBounded({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
