/** The ports that `fetch` refuses: the "bad ports" of the Fetch standard. */
const REFUSED_PORTS = new Set(
  (
    '0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 ' +
    '135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 ' +
    '995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080'
  ).split(' '),
);

/** The reason why the service can't post to a URL, without the URL itself; undefined if it can. */
export function webhookProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return 'takes a URL that starts with https:// or http://';
  if (REFUSED_PORTS.has(url.port)) return `has port ${url.port}, which no HTTP client posts to: take another port`;
  if (credentialsOf(url) === null) return 'has a malformed percent-encoding in its user or password: write % as %25';
  return undefined;
}

/** A webhook as `fetch` takes it: credentials in the URL become a header. */
export function webhookRequest(value: string): { url: string; headers: Record<string, string> } {
  const url = new URL(value);
  const credentials = credentialsOf(url);
  url.username = '';
  url.password = '';
  if (!credentials) return { url: url.href, headers: {} };
  return { url: url.href, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}

/** `user:password`; undefined if the URL has none, null if they can't be decoded. */
function credentialsOf({ password, username }: URL): string | undefined | null {
  if (username === '' && password === '') return undefined;
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return null;
  }
}
