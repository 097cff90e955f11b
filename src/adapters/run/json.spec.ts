import { exactNumber, jsonText, parseJson, storable } from './json.js';

describe(parseJson, () => {
  it.each([
    '{"a":1745678901234567891,"b":[0.1234567890123456789,-1e400,1.50],"c":{"d":-0}}',
    '"a \\" 1745678901234567891 \\\\"',
    '["12345678901234567890","é \\ud800",5,-7.25,true,null,{}]',
    '1745678901234567891',
    `["${'x'.repeat(15_000_000)}",12345678901234567890]`,
  ])('text %# is written as it was read', (text) => {
    expect(jsonText(parseJson(text))).toBe(text);
  });

  it('reads numbers that a double has as numbers', () => {
    expect(parseJson(' {"a": 5, "b": [-1.5]} ')).toEqual({ a: 5, b: [-1.5] });
  });

  it.each(['rows=5', '{"a": 01}', '{12345678901234567890: 1}', '[1', '12345678901234567890-'])(
    '%s is refused with its own text',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );
});

it('a number by its text is written with its digits', () => {
  expect(jsonText({ a: exactNumber('1745678901234567891'), b: exactNumber('7') }, 1)).toBe(
    '{\n "a": 1745678901234567891,\n "b": 7\n}',
  );
});

it('what the service refuses in a text is replaced', () => {
  expect(storable('a\0b\ud800c\udc00 🔥')).toBe('a\ufffdb\ufffdc\ufffd 🔥');
});
