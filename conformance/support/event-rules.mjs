/**
 * The first of each event, by its id. The broker may have an event several times, but every time it
 * must be the same.
 */
export function firstsOf(events, violations) {
  const seen = new Map();
  for (const event of events) {
    const first = seen.get(event.id);
    if (first === undefined) seen.set(event.id, event);
    else if (textOf(first) !== textOf(event))
      violations.add('two events with one id', `${textOf(first)} and ${textOf(event)}`);
  }
  return { firsts: [...seen.values()], repeats: events.length - seen.size };
}

function textOf({ id, connection, action, message = '' }) {
  return `${id} ${connection} ${action} ${message}`.trim();
}

/**
 * A connection is one open, its messages and one close, in this order. With `mayLoseEnds` the close
 * may be missing. Gives for each session the connection and the last number delivered; the numbers
 * must have no hole.
 */
export function checkConnections(firsts, mayLoseEnds, violations) {
  const connections = new Map();
  for (const event of firsts) {
    const events = connections.get(event.connection) ?? [];
    events.push(event);
    connections.set(event.connection, events);
  }
  const delivered = new Map();
  for (const [connection, events] of connections) {
    checkEnds(connection, events, mayLoseEnds, violations);
    for (const { action, message } of events)
      if (action === 'message') take(delivered, connection, message, violations);
  }
  return delivered;
}

function checkEnds(connection, events, mayLoseEnds, violations) {
  const actions = events.map(({ action }) => action);
  const hasOneOpenFirst = actions.indexOf('open') === 0 && actions.lastIndexOf('open') === 0;
  if (!hasOneOpenFirst) violations.add('not one open, first', connection);
  const closes = actions.filter((action) => action === 'close').length;
  if (closes === 0 && !mayLoseEnds) violations.add('an open without a close', connection);
  if (closes > 1) violations.add('more than one close', connection);
  if (closes > 0 && actions.lastIndexOf('message') > actions.indexOf('close'))
    violations.add('something after the close', connection);
}

function take(delivered, connection, message, violations) {
  const [name, number] = message.split(' ');
  const session = delivered.get(name) ?? { connection, last: 0 };
  delivered.set(name, session);
  if (session.connection !== connection) violations.add('a session on two connections', name);
  if (Number(number) !== session.last + 1)
    violations.add('out of order or a hole', `${name}: ${number} after ${session.last}`);
  session.last = Math.max(session.last, Number(number));
}
