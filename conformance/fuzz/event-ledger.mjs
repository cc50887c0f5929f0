/**
 * Keeps account of a gateway's events: every connection opens once, closes once, and says nothing
 * before or after.
 */
export class EventLedger {
  #open = new Set();
  #closed = new Set();
  opened = 0;
  messages = 0;
  /** Descriptions of the first few faults. */
  faults = [];

  record(action, { connection }) {
    if (action === 'gap') this.#fault('the stream of events has a gap: the harness read too slowly');
    else if (action === 'open') this.#recordOpen(connection);
    else if (!this.#open.has(connection)) this.#fault(`${action} of ${connection}, which ${this.#past(connection)}`);
    else if (action === 'close') this.#recordClose(connection);
    else this.messages += 1;
  }

  /** The connections that are open as far as the events tell. */
  get open() {
    return [...this.#open];
  }

  #recordOpen(connection) {
    if (this.#open.has(connection) || this.#closed.has(connection)) this.#fault(`a second open of ${connection}`);
    this.#open.add(connection);
    this.opened += 1;
  }

  #recordClose(connection) {
    this.#open.delete(connection);
    this.#closed.add(connection);
  }

  #past(connection) {
    return this.#closed.has(connection) ? 'has been closed' : 'was never opened';
  }

  #fault(text) {
    if (this.faults.length < 20) this.faults.push(text);
  }
}
