import ws from 'k6/ws';

/** A session of questions: each is asked when the one before is answered, and the last answer ends it. */
export class Session {
  #questions = [];

  constructor(url, params = {}) {
    this.url = url;
    this.params = params;
  }

  ask(question, answered) {
    this.#questions.push({ question, answered });
    return this;
  }

  run() {
    let asked;
    const next = (socket) => {
      asked = this.#questions.shift();
      if (asked === undefined) socket.close(1000);
      else socket.send(asked.question);
    };
    return ws.connect(this.url, this.params, (socket) => {
      socket.on('open', () => next(socket));
      socket.on('message', (text) => {
        asked.answered?.(text);
        next(socket);
      });
    });
  }
}
