/** The parameters of permessage-deflate (RFC 7692) that a transport supports. */
export interface DeflateAbilities {
  /**
   * Smallest window, in bits, that the server can compress with at a client's request; undefined if
   * it cannot be requested. zlib silently raises a raw window of 8 bits to 9, so 8 cannot be
   * honoured.
   */
  readonly minServerWindowBits: number | undefined;
}

type Parameters = ReadonlyMap<string, string | undefined>;

interface Offer {
  readonly name: string;
  readonly parameters: Parameters;
}

/** A token, and after an equals sign a token or a quoted string. */
const PARAMETER = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)"))?$/;
/** A number from 8 to 15 without leading zeros. */
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/**
 * Returns the first offer of permessage-deflate in `Sec-WebSocket-Extensions` that can be honoured,
 * in the form that the library reads; '' without one. Other extensions, unknown, repeated or
 * invalid parameters and malformed offers are declined. They never fail the handshake (RFC 6455,
 * 9.1; RFC 7692, 5 and 7).
 */
export function acceptableDeflateOffer(header: string | undefined, abilities: DeflateAbilities): string {
  if (header === undefined || !header.includes('permessage-deflate')) return '';
  for (const text of splitOutsideQuotes(header, ',')) {
    const offer = readOffer(text);
    if (offer?.name === 'permessage-deflate' && isHonoured(offer.parameters, abilities)) return formatOffer(offer);
  }
  return '';
}

/** Undefined when the text is malformed or repeats a parameter. */
function readOffer(text: string): Offer | undefined {
  const [name = '', ...rest] = splitOutsideQuotes(text, ';').map((part) => part.trim());
  const parameters = new Map<string, string | undefined>();
  for (const part of rest) {
    const read = PARAMETER.exec(part);
    const key = read?.[1];
    if (read === null || key === undefined || parameters.has(key)) return undefined;
    parameters.set(key, read[2] ?? read[3]?.replace(/\\(.)/g, '$1'));
  }
  return { name, parameters };
}

function isHonoured(parameters: Parameters, abilities: DeflateAbilities): boolean {
  for (const [key, value] of parameters) if (!isParameterHonoured(key, value, abilities)) return false;
  return true;
}

function isParameterHonoured(
  key: string,
  value: string | undefined,
  { minServerWindowBits }: DeflateAbilities,
): boolean {
  switch (key) {
    case 'server_no_context_takeover':
    case 'client_no_context_takeover':
      return value === undefined;
    case 'client_max_window_bits':
      return value === undefined || WINDOW_BITS.test(value);
    case 'server_max_window_bits':
      return minServerWindowBits !== undefined && WINDOW_BITS.test(value ?? '') && Number(value) >= minServerWindowBits;
    default:
      return false;
  }
}

function formatOffer({ name, parameters }: Offer): string {
  const parts = [...parameters].map(([key, value]) => (value === undefined ? key : `${key}=${value}`));
  return [name, ...parts].join('; ');
}

/**
 * Linear in the length of the text, which a client controls. An unterminated quoted string extends
 * to the end.
 */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\\' && isQuoted) at += 1;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
