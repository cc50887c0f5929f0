/** The narrowest subject of a stream that takes everything a template of subjects can give. A substituted value may hold dots. */
export function streamSubject(template: string): string {
  const tokens = template.split('.');
  const firstVariable = tokens.findIndex((token) => token.includes('{'));
  return firstVariable < 0 ? template : [...tokens.slice(0, firstVariable), '>'].join('.');
}

/** Whether a subject that may be published to has no empty token, no wildcard and no white space. */
export function isPublishable(subject: string): boolean {
  return /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject);
}

/** Whether one of the subjects of a stream, wildcards included, takes this subject. */
export function isTaken(subject: string, subjects: readonly string[]): boolean {
  return subjects.some((pattern) => matches(subject.split('.'), pattern.split('.')));
}

function matches(tokens: readonly string[], pattern: readonly string[]): boolean {
  for (const [index, wanted] of pattern.entries()) {
    const token = tokens[index];
    if (token === undefined) return false;
    if (wanted === '>') return true;
    if (wanted !== '*' && wanted !== token) return false;
  }
  return tokens.length === pattern.length;
}
