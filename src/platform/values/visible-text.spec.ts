import { shortened, visibleText } from './visible-text.js';

describe(visibleText, () => {
  it.each([
    ['plain', 'load orders', 'load orders'],
    ['white space', ' a\r\n\tb  c ', 'a b c'],
    ['control characters', 'a\u0007b\u009b31m', String.raw`a\u0007b\u009b31m`],
    ['a turned direction', 'orders\u202Egnp', String.raw`orders\u202egnp`],
    ['zero width', 'or\u200bders\u2060\ufeffx', String.raw`or\u200bders\u2060\ufeffx`],
    ['fillers and blanks', 'a\u3164b\u2800c\u00ad', String.raw`a\u3164b\u2800c\u00ad`],
    ['tags', 'a\u{e0041}', String.raw`a\u{e0041}`],
    ['a line separator', 'a\u2028b', String.raw`a\u2028b`],
    ['half a pair', 'a\ud800', String.raw`a\ud800`],
    ['letters with marks', 'Überweisungen é ก็', 'Überweisungen é ก็'],
    ['emoji', '❤️ 👨‍👩‍👧 1️⃣ 🔥', '❤️ 👨‍👩‍👧 1️⃣ 🔥'],
    ['a joiner that joins nothing', 'a\u200db', String.raw`a\u200db`],
  ])('%s', (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });
});

describe(shortened, () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['🔥🔥🔥', 3, '🔥🔥🔥'],
    ['🔥🔥🔥🔥', 3, '🔥🔥…'],
  ])('%s to %i', (text, length, kept) => {
    expect(shortened(text, length)).toBe(kept);
  });
});
