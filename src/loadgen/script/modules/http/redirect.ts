import { BrokenExchange } from './http-exchange.js';
import { type HttpExchange, NO_ANSWER } from './http-marks.js';
import type { HttpRequest } from './http-request.js';
import { urlProblem } from './request-url.js';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The request that an answer redirects to; undefined when it does not. Throws when that is no URL:
 * the answer counts as none, as in k6.
 */
export function redirected(request: HttpRequest, answer: HttpExchange): HttpRequest | undefined {
  const { status } = answer;
  const location = locationOf(answer);
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  const problem = urlProblem(location);
  if (problem !== undefined || !URL.canParse(location, request.url.href)) throw brokenBy(location, problem, answer);
  const url = new URL(location, request.url);
  const keepsBody = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  const base = { ...request, url, name: url.href };
  if (keepsBody) return base;
  const headersLeft = request.headers.filter(([name]) => !/^content-/i.test(name));
  return { ...base, method: 'GET', body: undefined, headers: headersLeft };
}

function locationOf({ rawHeaders }: HttpExchange): string | undefined {
  const index = rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'location');
  return index < 0 ? undefined : rawHeaders[index + 1];
}

function brokenBy(location: string, problem: string | undefined, { timings }: HttpExchange): BrokenExchange {
  const shown = JSON.stringify(location);
  const why = problem === undefined ? '' : `: ${problem}`;
  const error = new Error(`failed to parse Location header ${shown}: parse ${shown}${why}`);
  return new BrokenExchange(error, { ...NO_ANSWER, timings }, { route: '', hasAnswer: false, certificate: undefined });
}
