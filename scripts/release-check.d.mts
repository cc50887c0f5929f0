/** The reasons against publishing this package, one sentence each. */
export function releaseProblems(manifest: object, changelog: string): string[];
