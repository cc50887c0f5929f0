const PAGE = 20_000;

/** Reads a whole stream: how many messages there are, and how many came out of order, twice or not at all within their connection. */
export async function checkStream(client, stream, perConnection) {
  const last = new Map();
  let messages = 0;
  let outOfOrder = 0;
  for (let from = '-'; ;) {
    const page = await client.sendCommand(['XRANGE', stream, from, '+', 'COUNT', String(PAGE)]);
    for (const [, fields] of page) {
      const at = fields.indexOf('message', 2);
      if (fields[fields.indexOf('action') + 1] !== 'message') continue;
      const connection = fields[fields.indexOf('connection') + 1];
      const number = Number(fields[fields.lastIndexOf('message') + 1].slice(2));
      if (at < 0 || number !== (last.get(connection) ?? 0) + 1) outOfOrder += 1;
      last.set(connection, number);
      messages += 1;
    }
    if (page.length < PAGE) break;
    from = `(${page.at(-1)[0]}`;
  }
  return { messages, outOfOrder, connections: last.size };
}
