import { check, group } from 'k6';
import { Session } from '../lib/session.js';

/** Asks once whether there is anything new. */
export default function watcher(url) {
  group('watch', () => {
    new Session(url).ask('anything new', (text) => check(text, { watched: (t) => t === 'anything new' })).run();
  });
}
