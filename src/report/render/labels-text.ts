/**
 * Formats the labels of a run: `commit 1a2b3c4d5e6f, branch main, url https://...`; '' without any.
 * Commit hashes are shortened to 12 digits.
 */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const order = (key: string): number => {
    const place = ['commit', 'branch', 'url'].indexOf(key);
    return place < 0 ? 3 : place;
  };
  return Object.entries(labels)
    .toSorted(([one], [other]) => order(one) - order(other))
    .map(([key, value]) => `${key} ${key === 'commit' && /^[\da-f]{40,64}$/i.test(value) ? value.slice(0, 12) : value}`)
    .join(', ');
}
