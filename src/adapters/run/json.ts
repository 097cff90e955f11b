import { randomUUID } from 'node:crypto';

/**
 * JSON in which numbers keep their digits. Node 20 has no `JSON.rawJSON`, so between reading and writing a number that a
 * double would change is a marked text.
 */
const MARK = `${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
/** A string or a number. In this form, a long string takes no stack. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const marked = text.replaceAll(TOKEN, (token) =>
    token.startsWith('"') ? token : JSON.stringify(exactNumber(token)),
  );
  return marked === text ? value : (JSON.parse(marked) as unknown);
}

export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(MARKED, '$1');
}

/** A number by its JSON text, for {@link jsonText}. */
export function exactNumber(text: string): unknown {
  const number = Number(text);
  return NUMBER.test(text) && JSON.stringify(number) !== text ? MARK + text : number;
}

/** The text with a replacement for what the service refuses: NUL, and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
