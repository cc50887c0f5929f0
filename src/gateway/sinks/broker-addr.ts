import { z } from 'zod';
import { maskUrl } from '../../core/masked-url.js';

/**
 * A URL with one of these schemes and a host, or empty. Problems are reported without its password.
 */
export function brokerAddr(...schemes: readonly string[]) {
  return addr((text) => [text], schemes);
}

/** The same for several URLs, separated by commas. */
export function brokerAddrs(...schemes: readonly string[]) {
  return addr((text) => text.split(',').map((url) => url.trim()), schemes);
}

function addr(urlsOf: (text: string) => readonly string[], schemes: readonly string[]) {
  return z
    .string()
    .default('')
    .superRefine((text, context) => {
      if (text === '') return;
      for (const url of urlsOf(text)) {
        const problem = urlProblem(url, schemes);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: `'${maskUrl(text)}' ${problem}` });
      }
    });
}

function urlProblem(text: string, schemes: readonly string[]): string | undefined {
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1] ?? '';
  if (!schemes.includes(scheme)) return `must begin with ${schemes.map((name) => `${name}://`).join(' or ')}`;
  if (!URL.canParse(text)) return 'is not a URL: reserved characters in a password must be percent-encoded';
  const url = new URL(text);
  if (url.hostname === '') return 'names no host';
  return isDecodable(url.username) && isDecodable(url.password) ? undefined : 'has a broken percent-encoding';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
