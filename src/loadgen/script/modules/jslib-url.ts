/** The library `url` of jslib.k6.io: the classes of the URL standard, which Node has. */
export function createUrlModule(): object {
  return { URL, URLSearchParams };
}
