import { check, group, sleep } from 'k6';
import { Session } from '../lib/session.js';

/** Asks for the prices of all goods, then buys the cheapest in a session of its own. */
export function buyer(url, goods) {
  const prices = new Map();
  group('look', () => {
    const session = new Session(url, { tags: { step: 'look' } });
    for (const { name, price } of goods) session.ask(String(price), (text) => prices.set(name, Number(text)));
    session.run();
    sleep(0.01);
  });
  const [[cheapest]] = [...prices].sort(([, a], [, b]) => a - b);
  return group('buy', () => {
    new Session(url, { tags: { step: 'buy' } })
      .ask(`buy ${cheapest}`, (text) => check(text, { bought: (t) => t === `buy ${cheapest}` }))
      .run();
    return cheapest;
  });
}
