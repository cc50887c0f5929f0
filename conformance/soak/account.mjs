/**
 * Compares what clients have sent with what the backend was told. A session is one connection of a
 * client, known by its name; messages are `<session> <number>`, numbers from 1. Forgets a session
 * once it is settled, so that it can run for ever.
 */
export class Account {
  /**
   * Name to what the client says: written messages, undefined while it is not over; cleanly:
   * whether both sides closed.
   */
  #sessions = new Map();
  /** Connection to what the backend has seen of it: `{ session, messages }`. */
  #connections = new Map();
  #lastSequence = 0;
  totals = { sessions: 0, written: 0, delivered: 0, repeated: 0, opened: 0, closed: 0 };
  faults = [];
  faultCount = 0;

  sessionStarted(name) {
    this.totals.sessions += 1;
    this.#sessions.set(name, { written: undefined, delivered: 0, isSeenClosed: false, isClean: false });
  }

  /**
   * The client has left; `isClean`: by a close frame that was answered, so that all it wrote has
   * been read.
   */
  sessionEnded(name, written, isClean) {
    const session = this.#sessions.get(name);
    session.written = written;
    session.isClean = isClean;
    this.totals.written += written;
    this.#settle(name, session);
  }

  /** An event as the backend got it; `id` is its stable id, by which repetitions are known. */
  event({ action, connection, message }, id) {
    const sequence = Number(id.slice(id.lastIndexOf('-') + 1));
    if (sequence <= this.#lastSequence) {
      this.totals.repeated += 1;
      return;
    }
    if (sequence !== this.#lastSequence + 1) this.#fault(`event ${this.#lastSequence + 1} is missing before ${id}`);
    this.#lastSequence = sequence;
    if (action === 'open') this.#opened(connection);
    else if (!this.#connections.has(connection)) this.#fault(`${action} of ${connection}, which is not open`);
    else if (action === 'message') this.#message(connection, message);
    else this.#closed(connection);
  }

  /** Sessions of which something is still to come. */
  get unsettled() {
    return this.#sessions.size;
  }

  /** To be called when nothing more comes: tells of what never came. */
  finish() {
    for (const [name, session] of this.#sessions)
      this.#fault(`session ${name} is not settled: ${JSON.stringify(session)}`);
    if (this.#connections.size > 0) this.#fault(`${this.#connections.size} connections have no close event`);
  }

  #opened(connection) {
    this.totals.opened += 1;
    if (this.#connections.has(connection)) this.#fault(`a second open of ${connection}`);
    this.#connections.set(connection, { session: undefined, messages: 0 });
  }

  #message(connection, text) {
    const [name, number] = text.split(' ');
    const seen = this.#connections.get(connection);
    seen.session = name;
    seen.messages += 1;
    this.totals.delivered += 1;
    if (Number(number) !== seen.messages) this.#fault(`${text} came where number ${seen.messages} was due`);
    seen.messages = Number(number);
    const session = this.#sessions.get(name);
    if (session === undefined) this.#fault(`${text} is of no session that is open`);
    else session.delivered += 1;
  }

  #closed(connection) {
    this.totals.closed += 1;
    const { session: name } = this.#connections.get(connection);
    this.#connections.delete(connection);
    const session = this.#sessions.get(name);
    if (session === undefined) return;
    session.isSeenClosed = true;
    this.#settle(name, session);
  }

  /** A session whose client wrote nothing is known to the client alone. */
  #settle(name, session) {
    if (session.written === undefined || (!session.isSeenClosed && session.written > 0)) return;
    this.#sessions.delete(name);
    const lost = session.written - session.delivered;
    if (session.isClean && lost !== 0)
      this.#fault(`session ${name} wrote ${session.written}, ${lost} of them were lost`);
  }

  #fault(text) {
    this.faultCount += 1;
    if (this.faults.length < 20) this.faults.push(text);
  }
}
