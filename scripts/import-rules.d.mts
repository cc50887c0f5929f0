/** The text of `.oxlintrc.imports.json` for the sources below a folder. */
export function importRules(root: string): string;
