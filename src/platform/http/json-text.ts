/** The most bytes of one answer, but for a single item that is longer. */
export const ANSWER_BYTES = 16 * 1024 * 1024;

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

/** The first of the items as JSON, as many as fit into one answer; at least one where there are any. */
export function fittingTexts<T>(items: readonly T[], contentOf: (item: T) => unknown = (item) => item): string[] {
  const texts: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const text = toJson(contentOf(item));
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > ANSWER_BYTES && texts.length > 0) break;
    texts.push(text);
  }
  return texts;
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
