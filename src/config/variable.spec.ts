import {
  byteSize,
  ConfigurationError,
  flag,
  integer,
  list,
  oneOf,
  read,
  regularExpression,
  text,
  url,
} from './variable.js';

const NAME = 'WATCHER_THING';
const description = 'A thing.';
const whole = integer(NAME, { description, min: 1, max: 10, unit: 'seconds', fallback: '5' });

describe('a variable', () => {
  it('takes its fallback when it is unset, empty or blank', () => {
    for (const environment of [{}, { [NAME]: '' }, { [NAME]: '  ' }]) expect(read(whole, environment)).toBe(5);
  });

  it('is undefined when it has no fallback', () => {
    expect(read(regularExpression(NAME, { description }), {})).toBeUndefined();
  });

  it('is trimmed', () => {
    expect(read(whole, { [NAME]: ' 7\n' })).toBe(7);
  });

  it('names itself, what it got and what it takes when the value is wrong', () => {
    expect(() => read(whole, { [NAME]: '11' })).toThrow(
      new ConfigurationError(`${NAME} got '11', but takes a whole number from 1 to 10 seconds`),
    );
  });

  it('is refused in one line, however many the value has', () => {
    expect(() => read(whole, { [NAME]: '1\n2' })).toThrow(/^[^\n]*$/);
  });

  it('keeps a secret', () => {
    const secret = url(NAME, ['postgres'], { description, secret: true });
    expect(() => read(secret, { [NAME]: 'mysql://u:hunter2@h/d' })).toThrow(/^(?!.*hunter2)WATCHER_THING got /);
  });
});

describe('what the kinds take', () => {
  const pattern = regularExpression(NAME, { description });
  const anything = { description, takes: 'a folder' };

  it.each([
    ['a whole number', whole, '10', 10],
    ['a flag that is on', flag(NAME, { description }), 'on', true],
    ['a flag that is true', flag(NAME, { description }), 'true', true],
    ['a flag that is 0', flag(NAME, { description }), '0', false],
    ['one of a set', oneOf(NAME, ['keep', 'lower'], { description }), 'lower', 'lower'],
    ['text', text(NAME, anything), '/var/lib/watcher', '/var/lib/watcher'],
    ['a URL', url(NAME, ['postgres', 'postgresql'], { description }), 'postgresql://h/d', 'postgresql://h/d'],
    ['megabytes', byteSize(NAME, { description }), '2MB', 2 * 1024 * 1024],
    ['kilobytes', byteSize(NAME, { description }), '256 kB', 256 * 1024],
    ['bytes', byteSize(NAME, { description }), '2048', 2048],
  ])('%s', (_, variable, value, expected) => {
    expect(read<unknown>(variable, { [NAME]: value })).toEqual(expected);
  });

  it.each([
    ['a fraction as a whole number', whole, '1.5'],
    ['a sign before a whole number', whole, '+5'],
    ['too small a number', whole, '0'],
    ['hexadecimal', whole, '0x5'],
    ['a flag that is yes', flag(NAME, { description }), 'yes'],
    ['another of a set', oneOf(NAME, ['keep', 'lower'], { description }), 'LOWER'],
    ['a NUL in text', text(NAME, anything), 'a\0b'],
    ['half a regular expression', pattern, '('],
    ['a look-ahead', pattern, 'a(?=b)'],
    ['a back-reference', pattern, '(a)\\1'],
    ['a URL of another scheme', url(NAME, ['postgres'], { description }), 'mysql://h/d'],
    ['no URL', url(NAME, ['postgres'], { description }), 'localhost'],
    ['a size below 1 kB', byteSize(NAME, { description }), '1023'],
    ['a size above 64 MB', byteSize(NAME, { description }), '65MB'],
    ['gigabytes', byteSize(NAME, { description }), '1GB'],
  ])('not %s', (_, variable, value) => {
    expect(() => read<unknown>(variable, { [NAME]: value })).toThrow(ConfigurationError);
  });
});

describe('a list', () => {
  const origins = list(NAME, { description, takes: 'words', item: /^\w+$/ });

  it('takes items with commas between them', () => {
    expect(read(origins, { [NAME]: 'one' })).toEqual(['one']);
    expect(read(origins, { [NAME]: 'one, two,three' })).toEqual(['one', 'two', 'three']);
  });

  it('takes no item that is not one', () => {
    for (const value of ['one,', ',', 'one,,two', 'one;two']) {
      expect(() => read(origins, { [NAME]: value })).toThrow(ConfigurationError);
    }
  });
});

describe('text with a pattern', () => {
  it('takes what matches, and keeps a secret that does not', () => {
    const key = text(NAME, { description, takes: 'a key', pattern: /^\w{4,}$/, secret: true });
    expect(read(key, { [NAME]: 'abcd' })).toBe('abcd');
    expect(() => read(key, { [NAME]: 'a!b' })).toThrow(/^(?!.*a!b).*takes a key$/);
  });
});

describe('a regular expression', () => {
  const pattern = (source: string) => regularExpression(NAME, { description }).parse(source);

  it.each([
    ['^\\p{Lu}', 'Übersicht', 'übersicht'],
    ['^[a-z]+(_[a-z]+)*$', 'customer_data', 'Customer'],
    ['\\u{1F4BE}', 'a 💾', 'a'],
    ['^(?<team>sales|ops)-', 'sales-x', 'x-sales'],
    ['^\\p{Script=Greek}+$', 'δεδομενα', 'data'],
  ])('%s matches %s, not %s', (source, yes, no) => {
    expect([pattern(source)?.test(yes), pattern(source)?.test(no), pattern(source)?.source]).toEqual([
      true,
      false,
      source,
    ]);
  });

  it.each(['^(a+)+$', '^(a|a)*$', '^(\\w+\\s?)*$', '^(.*a){20}$'])('ends soon, whatever it is: %s', (source) => {
    const compiled = pattern(source);
    const begun = performance.now();
    compiled?.test(`${'a'.repeat(254)}!`);
    // The engine of JavaScript would be at it for years.
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
