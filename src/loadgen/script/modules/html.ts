/** The module `k6/html`: there, so that scripts load; what it does is refused by name. */
export function createHtmlModule(): object {
  return {
    parseHTML: () => {
      throw new Error(
        'k6/html: parseHTML() is not supported by wsg; take what you need out of the text with a regular expression',
      );
    },
  };
}
