import { isUtf8 } from 'node:buffer';

/** Why a form body cannot be read; undefined when it can. Go's url.ParseQuery refuses the same, and Go's words are kept. */
export function formProblem(body: Uint8Array): string | undefined {
  if (!isUtf8(body)) return 'the form body must be UTF-8';
  const text = Buffer.from(body).toString();
  const problem = pairsProblem(text);
  if (problem !== undefined) return problem;
  return text.split('&').every(decodes) ? undefined : 'the form body must be UTF-8';
}

/** Why pairs cannot be read: Go would leave such a pair out without a word. */
export function pairsProblem(text: string): string | undefined {
  if (text.includes(';')) return 'invalid semicolon separator in query';
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  return broken === null ? undefined : `invalid URL escape ${JSON.stringify(broken[0])}`;
}

function decodes(piece: string): boolean {
  try {
    decodeURIComponent(piece);
    return true;
  } catch {
    return false;
  }
}
