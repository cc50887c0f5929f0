import { setTimeout, clearTimeout, setInterval, clearInterval } from 'k6/timers';

export default async function () {
  const order = [];
  setTimeout(() => order.push('0'), 0);
  setTimeout(() => order.push('20'), 20);
  const cancelled = setTimeout(() => order.push('never'), 10);
  clearTimeout(cancelled);
  let ticks = 0;
  const timer = setInterval(() => {
    order.push('tick');
    if (++ticks === 2) clearInterval(timer);
  }, 30);
  Promise.resolve().then(() => order.push('microtask'));
  order.push('sync');
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(`order: ${order}`);
  console.log(
    `types: ${[typeof globalThis, typeof global, typeof window, typeof process, typeof require, typeof Buffer, typeof TextEncoder, typeof URL, typeof fetch, typeof structuredClone, typeof queueMicrotask, typeof performance, typeof setTimeout, typeof Intl]}`,
  );
  console.log(
    `language: ${[typeof Symbol.asyncIterator, [3, 1].toSorted?.()?.[0], 'x'.at(0), typeof Array.prototype.findLast, typeof Object.groupBy, typeof WeakRef, 2 ** 3, null ?? 1]}`,
  );
  console.log(`dates: ${new Date(0).toISOString()} ${JSON.stringify({ d: new Date(5) })}`);
  console.log(`regular expressions: ${'a1b2'.replace(/(?<d>\d)/g, '<$<d>>')} ${[...'x1y2'.matchAll(/\d/g)].length}`);
}
