const PAGE = 20_000;

function fieldsOf(values) {
  const fields = {};
  for (let at = 0; at < values.length; at += 2) fields[values[at]] = values[at + 1];
  return fields;
}

/**
 * Reads a whole stream of the senders' messages: how many there are, and how many do not follow the
 * one before of their connection.
 */
export async function checkStream(client, stream) {
  const last = new Map();
  let messages = 0;
  let outOfOrder = 0;
  let from = '-';
  for (;;) {
    const page = await client.sendCommand(['XRANGE', stream, from, '+', 'COUNT', String(PAGE)]);
    for (const [, values] of page) {
      const { action, connection, message } = fieldsOf(values);
      if (action !== 'message') continue;
      const number = Number(message.slice(2));
      if (number !== (last.get(connection) ?? 0) + 1) outOfOrder += 1;
      last.set(connection, number);
      messages += 1;
    }
    if (page.length < PAGE) return { messages, outOfOrder };
    from = `(${page.at(-1)[0]}`;
  }
}
