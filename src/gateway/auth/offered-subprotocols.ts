/** The subprotocols that a client offers, in its order. */
export function offeredSubprotocols(headers: ReadonlyMap<string, string>): string[] {
  const offered = headers.get('sec-websocket-protocol')?.split(',') ?? [];
  return offered.map((name) => name.trim()).filter((name) => name !== '');
}

/** The first one offered that is spoken here. */
export function firstSpoken(headers: ReadonlyMap<string, string>, spoken: readonly string[]): string | undefined {
  if (spoken.length === 0) return undefined;
  return offeredSubprotocols(headers).find((name) => spoken.includes(name));
}
