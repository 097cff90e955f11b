/** Whether a Prefer header (RFC 7240) states a preference; names and tokens compare without case. */
export function prefers(header: string | readonly string[] | undefined, name: string, value: string): boolean {
  if (header === undefined) return false;
  const preferences = (typeof header === 'string' ? header : header.join()).toLowerCase().split(/[,;]/);
  return preferences.some((preference) => {
    const [key = '', given = ''] = preference.split('=', 2);
    return key.trim() === name && given.trim().replace(/^"(.*)"$/, '$1') === value;
  });
}
