/** Escapes text for between tags and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The same for XML, where attributes may be in single quotes too. */
export function escapeXml(text: string): string {
  return escapeHtml(text).replaceAll("'", '&apos;');
}
