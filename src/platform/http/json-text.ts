/** The most bytes of one answer; a single longer item is sent whole. */
export const ANSWER_BYTES = 16 * 1024 * 1024;

/** How many items one call of `JSON.stringify` writes. */
const GROUP = 16;

/** A body that is JSON text already; `T` is the type of its content. */
export class JsonText<T> {
  /** Only for the compiler: texts with different contents have different types. */
  declare readonly content: T;

  constructor(readonly text: string) {}
}

/** A value as JSON text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

/** The first items as JSON, as many as fit into the given bytes, but not fewer than the given least number. */
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

/** The first items as a JSON array, as many as fit into one answer; at least one unless there is none. */
export function fittingArray(items: readonly unknown[]): { readonly text: string; readonly count: number } {
  const groups: string[] = [];
  let bytes = 0;
  for (let from = 0; from < items.length; from += GROUP) {
    const group = items.slice(from, from + GROUP);
    // One call for several items is cheaper than one for each. One call for all could write far more than fits.
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

/** How many items, from the first on, fit into the given bytes; `bytesOf` estimates the bytes of one. */
export function fittingCount<T>(items: readonly T[], bytesOf: (item: T) => number, room = ANSWER_BYTES): number {
  let bytes = 0;
  const over = items.findIndex((item) => (bytes += bytesOf(item)) > room);
  return over === -1 ? items.length : over;
}
