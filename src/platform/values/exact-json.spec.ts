import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, isStorable, parseJson } from './exact-json.js';

const again = (text: string): string => JSON.stringify(parseJson(text));

describe('JSON without loss', () => {
  it.each([
    '1546130668394913823',
    '-1546130668394913823',
    '18446744073709551616',
    '9007199254740993',
    '0.12345678901234567890',
    '3.141592653589793238462643383279',
    '1e-400',
    '1E-330',
    '123456789.0123456789',
    '1234567890123456789e-3',
  ])('keeps the digits of %s', (number) => {
    for (const text of [
      number,
      `[${number}]`,
      `{"a":${number}}`,
      `{"a":[{"b":${number},"c":"${number}"},${number},"\\"${number}"]}`,
      `{"__proto__":${number},"a":1}`,
    ]) {
      expect(again(text)).toBe(text);
    }
  });

  it.each(['1546130668394913800', '0.30000000000000004', '9007199254740992', '5e-324', '1.7976931348623157e+308'])(
    'leaves %s a double',
    (number) => {
      expect(parseJson(`{"a":${number},"b":"1234567890123456"}`)).toEqual({ a: Number(number), b: '1234567890123456' });
    },
  );

  it.each([
    '{"a":"1546130668394913823"}',
    '{"1546130668394913823":1}',
    '{"a\\\\":"\\\\","b":"\\"1546130668394913823\\\\\\""}',
    '["e100","deadbeefe1234"]',
  ])('does not change strings and keys: %s', (text) => {
    expect(again(text)).toBe(text);
  });

  it.each([
    '{1546130668394913823:1}',
    '{1546130668394913823 :1}',
    '[01546130668394913823]',
    '[1546130668394913823.]',
    '[+1546130668394913823]',
    '[--1546130668394913823]',
    '[1546130668394913823x]',
    '"a"1546130668394913823',
    '[1546130668394913823',
    '"1546130668394913823',
    '[1546130668394913823,]',
  ])('refuses invalid JSON with the message of JSON.parse: %s', (text) => {
    let message = '';
    try {
      JSON.parse(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(() => parseJson(text)).toThrow(new SyntaxError(message));
  });

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify([value, '1234567890123456']);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads nesting as deep as JSON.parse does', () => {
    const deep = `${'['.repeat(3000)}1546130668394913823${']'.repeat(3000)}`;
    expect(again(deep)).toBe(deep);
  });
});

describe('canonical JSON', () => {
  it('is that of RFC 8785 wherever a double holds the numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const stored = JSON.parse(JSON.stringify(value)) as unknown;
        let expected: string | undefined;
        try {
          expected = canonicalize(stored);
        } catch {
          // Lone surrogates, which the service refuses earlier.
          return;
        }
        expect(canonicalJson(stored)).toBe(expected);
      }),
    );
  });

  it.each([
    ['1546130668394913823', '1546130668394913823'],
    ['1546130668394913823.0', '1546130668394913823'],
    ['1546130668394913823000e-3', '1546130668394913823'],
    ['-0.012345678901234567890', '-0.01234567890123456789'],
    ['1.234567890123456789e2', '123.4567890123456789'],
    ['1.234567890123456789e20', '123456789012345678900'],
    ['1234567890123456789e-25', '0.0000001234567890123456789'],
    // A double can represent these; the RFC defines their form.
    ['1.00000000000000000000', '1'],
    ['1000000000000000000000', '1e+21'],
    ['0.00000010000000000000', '1e-7'],
    ['-0.00000000000000000', '0'],
  ])('has all digits of %s: %s', (text, canonical) => {
    expect(canonicalJson(parseJson(`{"b":${text},"a":[${text}]}`))).toBe(`{"a":[${canonical}],"b":${canonical}}`);
  });

  it('leaves out undefined fields', () => {
    expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
  });
});

describe('a number that can be stored', () => {
  it.each([
    ['1e400', false],
    [`1${'0'.repeat(400)}`, false],
    ['1e-20000', false],
    ['0e99999999999', false],
    ['0e-99999999999', false],
    ['0.0e999', true],
    [`0.${'1'.repeat(16_384)}`, false],
    [`0.${'1'.repeat(16_383)}`, true],
    ['1e-16383', true],
    ['1546130668394913823', true],
  ])('%s: %s', (text, expected) => {
    expect(isStorable(JSON.rawJSON(text))).toBe(expected);
  });
});
