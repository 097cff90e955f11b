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

describe('a watermark that is a number', () => {
  it.each([
    ['a nanosecond epoch', '1769846400123456789'],
    ['an unsigned 64-bit id', '18446744073709551615'],
    ['many decimals', '0.12345678901234567890'],
  ])('keeps its digits where a double would lose some: %s', (_, digits) => {
    expect(parse(`{"watermark": ${digits}, "next_watermark": -${digits}}`)).toEqual({
      watermark: digits,
      next_watermark: `-${digits}`,
    });
  });

  it.each(['1.50', '1e3', '100'])('is a number where a double holds it, whatever else the body holds: %s', (digits) => {
    expect(parse(`{"watermark": ${digits}}`)).toEqual({ watermark: Number(digits) });
    expect(parse(`{"watermark": ${digits}, "name": "1234567890123456"}`)).toMatchObject({ watermark: Number(digits) });
  });

  it('is only one at the top: inside metadata the same name is the owner’s', () => {
    expect(
      parse('{"watermark": 1769846400123456789, "pipeline_metadata": {"watermark": 1769846400123456789}}'),
    ).toEqual({ watermark: '1769846400123456789', pipeline_metadata: { watermark: Number('1769846400123456789') } });
  });
});
