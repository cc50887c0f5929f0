// TypeScript with types, which esbuild removes.
import ws from 'k6/ws';
import { check } from 'k6';
import type { Answer } from './lib/answer';
import { Dialogue, type Line } from './lib/dialogue';

const enum Verb {
  Ask = 'ask',
  Thank = 'thank',
}

export const options = { vus: 1, iterations: 2 };

export default function (): void {
  const dialogue = new Dialogue<Line>([
    { verb: Verb.Ask, text: 'how are you' },
    { verb: Verb.Thank, text: 'thank you' },
  ]);
  ws.connect(__ENV.WSG_URL ?? 'ws://127.0.0.1:5000/connect', (socket) => {
    socket.on('open', () => socket.send(dialogue.next()));
    socket.on('message', (text: string) => {
      const answer: Answer = JSON.parse(text);
      check(answer, { 'in order': ({ number }) => number === dialogue.said });
      if (dialogue.isOver) socket.close();
      else socket.send(dialogue.next());
    });
  });
}
