import { DomainError } from '../errors/domain-error.js';
import { parseJsonBody } from './json-body.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

describe('a request body', () => {
  it('is undefined when empty', () => {
    expect(parse('')).toBeUndefined();
  });

  it.each([
    ['cut off', Buffer.from('{"name":')],
    ['NaN', Buffer.from('{"total_rows": NaN}')],
    ['a trailing comma', Buffer.from('{"name": "a",}')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ])('is malformed when it is %s', (_, body) => {
    expect(() => parseJsonBody(body)).toThrow(DomainError);
  });

  it('keeps keys that JavaScript knows as keys', () => {
    const body = parse('{"__proto__": {"a": 1}, "constructor": 2, "x": 1234567890123456789}') as object;
    expect(Object.keys(body)).toEqual(['__proto__', 'constructor', 'x']);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });
});
