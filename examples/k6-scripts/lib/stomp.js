// STOMP frames, as much of them as a test needs.
export function frame(command, headers = {}, body = '') {
  const lines = Object.entries(headers).map(([key, value]) => `${key}:${value}`);
  return `${[command, ...lines].join('\n')}\n\n${body}\0`;
}

export function parse(text) {
  const [head, body = ''] = text.replace(/\0$/, '').split('\n\n');
  const [command, ...lines] = head.split('\n');
  return { command, headers: Object.fromEntries(lines.map((line) => line.split(':'))), body };
}
