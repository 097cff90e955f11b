import { uuid } from './uuid.js';

/**
 * Between reading and writing, a number that a double would change is a marked text: reports of other clients keep their
 * digits. Node 20 has no `JSON.rawJSON`.
 */
const MARK = `${uuid()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
/** A string or a number. In this form, a long string takes no stack. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Parses JSON that `withDigits` gives its numbers back. Throws a SyntaxError. */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const marked = text.replaceAll(TOKEN, (token) => (isExact(token) ? token : `"${MARK}${token}"`));
  return marked === text ? value : (JSON.parse(marked) as unknown);
}

/** JSON of what `parseExactly` read, with the numbers in it. */
export function withDigits(json: string): string {
  return json.replaceAll(MARKED, '$1');
}

function isExact(token: string): boolean {
  return token.startsWith('"') || JSON.stringify(Number(token)) === token;
}
