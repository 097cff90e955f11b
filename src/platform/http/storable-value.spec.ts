import { findUnstorable } from './storable-value.js';

/** A value under `levels` objects. */
function nested(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

describe('a value that PostgreSQL cannot store', () => {
  it.each([
    ['a NUL character', 'a\0b', 'NUL'],
    ['a NUL deep inside', { a: [{ b: 'a\0b' }] }, 'NUL'],
    ['a NUL in a key', { 'a\0b': 1 }, 'NUL'],
    ['a high surrogate alone', '\ud800', 'surrogate'],
    ['a low surrogate alone', 'x\udc00y', 'surrogate'],
    ['surrogates in the wrong order', '\udc00\ud800', 'surrogate'],
    ['a lone surrogate in a key', { '\ud800': 1 }, 'surrogate'],
    ['a number beyond a double', { a: Infinity }, 'double'],
    ['101 levels', nested(101), 'deeper than 100'],
    ['20,000 levels', nested(20_000), 'deeper than 100'],
  ])('is %s', (_, value, reason) => {
    expect(findUnstorable(value)).toContain(reason);
  });

  it.each([
    ['nothing', null],
    ['an emoji, which is a pair of surrogates', '😀'],
    ['a control character', '\u0001\u001f\u007f'],
    ['the largest double', Number.MAX_VALUE],
    ['100 levels', nested(100)],
    ['a key with a meaning in JavaScript', JSON.parse('{"__proto__": {"constructor": "x"}}') as unknown],
  ])('is not %s', (_, value) => {
    expect(findUnstorable(value)).toBeUndefined();
  });
});
