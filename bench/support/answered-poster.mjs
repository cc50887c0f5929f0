import { rawPoster } from './raw-post.mjs';

/** A connected poster of one request: `post()` resolves to the body of the answer, once it is 200. */
export async function connectAnsweredPoster(port, request) {
  let answered;
  const poster = await rawPoster(port, (status, body) => answered(status, body));
  return {
    close: () => poster.close(),
    post: () =>
      new Promise((resolve, reject) => {
        answered = (status, body) => (status === 200 ? resolve(body) : reject(new Error(`answered ${status} ${body}`)));
        poster.post(request);
      }),
  };
}

/**
 * Keeps `inFlight` posts under way until `isOver(calls)`. Gives their number and how long it took.
 */
export async function postUntil({ port, request, inFlight, isOver }) {
  const posters = await Promise.all(Array.from({ length: inFlight }, () => connectAnsweredPoster(port, request)));
  const startedAt = performance.now();
  let calls = 0;
  await Promise.all(
    posters.map(async (poster) => {
      while (!isOver(calls)) {
        calls += 1;
        await poster.post();
      }
    }),
  );
  for (const poster of posters) poster.close();
  return { calls, seconds: (performance.now() - startedAt) / 1000 };
}
