/** The most bytes of one answer, but for a single item that is longer. */
export const ANSWER_BYTES = 16 * 1024 * 1024;

/** How many items become JSON by one call. */
const GROUP = 16;

/** A body that is JSON already; `T` is what it says. */
export class JsonText<T> {
  /** For the compiler alone: texts of different things are different types. */
  declare readonly content: T;

  constructor(readonly text: string) {}
}

/** A value as it goes out. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

/** The first of the items as JSON, as many as fit into so many bytes; at least so many where there are any. */
export function fittingTexts<T>(
  items: readonly T[],
  contentOf: (item: T) => unknown,
  room = ANSWER_BYTES,
  least = 1,
): string[] {
  const texts: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const text = toJson(contentOf(item));
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > room && texts.length >= least) break;
    texts.push(text);
  }
  return texts;
}

/** The first of the items as the JSON of an array, as many as fit into one answer; at least one where there are any. */
export function fittingArray(items: readonly unknown[]): { readonly text: string; readonly count: number } {
  const groups: string[] = [];
  let bytes = 0;
  for (let from = 0; from < items.length; from += GROUP) {
    const group = items.slice(from, from + GROUP);
    // A call for several is cheaper than one for each; not for all, since these may be much longer than what fits.
    const text = toJson(group).slice(1, -1);
    const length = Buffer.byteLength(text) + 1;
    if (bytes + length > ANSWER_BYTES) {
      const some = fittingTexts(group, (item) => item, ANSWER_BYTES - bytes, from === 0 ? 1 : 0);
      return { text: `[${[...groups, ...some].join(',')}]`, count: from + some.length };
    }
    groups.push(text);
    bytes += length;
  }
  return { text: `[${groups.join(',')}]`, count: items.length };
}

/** The JSON of an object with further members, each given as its name and its JSON. */
export function withMembers(object: string, members: Readonly<Record<string, string>>): string {
  const added = Object.entries(members).map(([name, text]) => `,${JSON.stringify(name)}:${text}`);
  return `${object.slice(0, -1)}${added.join('')}}`;
}

/** How many of the items, from the first on, fit into so many bytes, each of which has about as many as `bytesOf` says. */
export function fittingCount<T>(items: readonly T[], bytesOf: (item: T) => number, room = ANSWER_BYTES): number {
  let bytes = 0;
  const over = items.findIndex((item) => (bytes += bytesOf(item)) > room);
  return over === -1 ? items.length : over;
}
