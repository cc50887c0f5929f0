/** As Go, and so k6, writes names of headers: `Sec-Websocket-Accept`. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Whether a header, with its name as Go writes it, tells of the connection alone. */
export function isOfConnection(name: string, value: string): boolean {
  if (name === 'Connection') return /(?:^|,)\s*close\s*(?:,|$)/i.test(value);
  return name === 'Transfer-Encoding' || name === 'Trailer';
}
