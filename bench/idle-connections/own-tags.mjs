// A plugin that gives each connection a tag with a value that no other has.
let connections;

export function start(context) {
  connections = context.connections;
}

/** To be called by the bench in the same process, once all connections are open. */
export function tagEach() {
  for (const connection of connections) {
    connection.setTag('foo', '');
    connection.setTag('user', connection.id.slice(0, 8));
  }
}
