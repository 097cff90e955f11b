import {
  byteSize,
  cron,
  ConfigurationError,
  duration,
  flag,
  integer,
  list,
  oneOf,
  read,
  regularExpression,
  text,
  url,
  webhook,
} from './variable.js';
import { webhookRequest } from './webhook-url.js';

const NAME = 'WATCHER_THING';
const description = 'A thing.';
const whole = integer(NAME, { description, min: 1, max: 10, unit: 'seconds', fallback: '5' });

describe('a variable', () => {
  it('uses its fallback when it is unset, empty or blank', () => {
    for (const environment of [{}, { [NAME]: '' }, { [NAME]: '  ' }]) expect(read(whole, environment)).toBe(5);
  });

  it('is undefined when it has no fallback', () => {
    expect(read(regularExpression(NAME, { description }), {})).toBeUndefined();
  });

  it('is trimmed', () => {
    expect(read(whole, { [NAME]: ' 7\n' })).toBe(7);
  });

  it('names itself, the value and the accepted values when the value is wrong', () => {
    expect(() => read(whole, { [NAME]: '11' })).toThrow(
      new ConfigurationError(`${NAME} got '11', but takes a whole number from 1 to 10 seconds`),
    );
  });

  it('is refused in one line, even for a value of several lines', () => {
    expect(() => read(whole, { [NAME]: '1\n2' })).toThrow(/^[^\n]*$/);
  });

  it('does not reveal a secret', () => {
    const secret = url(NAME, ['postgres'], { description, secret: true });
    expect(() => read(secret, { [NAME]: 'mysql://u:hunter2@h/d' })).toThrow(/^(?!.*hunter2)WATCHER_THING got /);
  });
});

describe('values that each kind accepts', () => {
  const pattern = regularExpression(NAME, { description });
  const anything = { description, takes: 'a folder' };

  it.each([
    ['a whole number', whole, '10', 10],
    ['a cron expression', cron(NAME, { description }), '*/5 * * * *', '*/5 * * * *'],
    ['one of a set', oneOf(NAME, ['keep', 'lower'], { description }), 'lower', 'lower'],
    ['text', text(NAME, anything), '/var/lib/watcher', '/var/lib/watcher'],
    ['a URL', url(NAME, ['postgres', 'postgresql'], { description }), 'postgresql://h/d', 'postgresql://h/d'],
    ['megabytes', byteSize(NAME, { description }), '2MB', 2 * 1024 * 1024],
    ['kilobytes', byteSize(NAME, { description }), '256 kB', 256 * 1024],
    ['bytes', byteSize(NAME, { description }), '2048', 2048],
    ['days', duration(NAME, { description }), '1d', 86_400_000],
    ['minutes', duration(NAME, { description }), '90 m', 5_400_000],
    ['no time', duration(NAME, { description }), '0s', 0],
  ])('%s', (_, variable, value, expected) => {
    expect(read<unknown>(variable, { [NAME]: value })).toEqual(expected);
  });

  it.each([
    ['a fraction as a whole number', whole, '1.5'],
    ['a sign before a whole number', whole, '+5'],
    ['too small a number', whole, '0'],
    ['hexadecimal', whole, '0x5'],
    ['a flag that is maybe', flag(NAME, { description }), 'maybe'],
    ['a flag that is another number', flag(NAME, { description }), '2'],
    ['a cron expression of two fields', cron(NAME, { description }), '* *'],
    ['a cron expression that is on', cron(NAME, { description }), 'on'],
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
    ['a span without a unit', duration(NAME, { description }), '86400'],
    ['a span of centuries', duration(NAME, { description }), '99999d'],
    ['a port that fetch refuses', webhook(NAME, { description }), 'https://h:6667/x'],
    ['credentials that can not be decoded', webhook(NAME, { description }), 'https://u%:p@h/x'],
    ['a webhook of another scheme', webhook(NAME, { description }), 'ftp://h/x'],
  ])('not %s', (_, variable, value) => {
    expect(() => read<unknown>(variable, { [NAME]: value })).toThrow(ConfigurationError);
  });
});

describe('a word for yes or no', () => {
  const words = (lower: string): string[] => [
    lower,
    lower.toUpperCase(),
    lower.charAt(0).toUpperCase() + lower.slice(1),
  ];

  it.each(['on', 'true', 'yes', '1'].flatMap(words))('%s switches a flag on', (word) => {
    expect(read(flag(NAME, { description }), { [NAME]: word })).toBe(true);
  });

  it.each(['off', 'false', 'no', '0'].flatMap(words))('%s switches a flag, and a cron expression, off', (word) => {
    expect(read(flag(NAME, { description }), { [NAME]: word })).toBe(false);
    expect(read(cron(NAME, { description }), { [NAME]: word })).toBeNull();
  });
});

describe('a list', () => {
  const origins = list(NAME, { description, takes: 'words', item: /^\w+$/ });

  it('accepts items separated by commas', () => {
    expect(read(origins, { [NAME]: 'one' })).toEqual(['one']);
    expect(read(origins, { [NAME]: 'one, two,three' })).toEqual(['one', 'two', 'three']);
  });

  it('refuses an invalid item', () => {
    for (const value of ['one,', ',', 'one,,two', 'one;two']) {
      expect(() => read(origins, { [NAME]: value })).toThrow(ConfigurationError);
    }
  });
});

describe('text with a pattern', () => {
  it('accepts a match, and does not reveal a secret that does not match', () => {
    const key = text(NAME, { description, takes: 'a key', pattern: /^\w{4,}$/, secret: true });
    expect(read(key, { [NAME]: 'abcd' })).toBe('abcd');
    expect(() => read(key, { [NAME]: 'a!b' })).toThrow(/^(?!.*a!b).*takes a key$/);
  });
});

describe('a webhook', () => {
  it('is requested without its credentials, which become Basic authorisation', () => {
    const url = read(webhook(NAME, { description }), { [NAME]: 'https://us%20er:p%C3%A4ss@h:8443/x?y=1' }) ?? '';
    const credentials = Buffer.from('us er:päss').toString('base64');
    expect(webhookRequest(url)).toEqual({
      url: 'https://h:8443/x?y=1',
      headers: { authorization: `Basic ${credentials}` },
    });
    expect(webhookRequest('http://h/x')).toEqual({ url: 'http://h/x', headers: {} });
  });

  it('refuses the ports that fetch refuses', async () => {
    const variable = webhook(NAME, { description });
    const ports = Array.from({ length: 65_535 }, (_, index) => index + 1);
    const refused = ports.filter((port) => {
      try {
        return read(variable, { [NAME]: `http://127.0.0.1:${port}/` }) === undefined;
      } catch {
        return true;
      }
    });
    expect(refused).toHaveLength(82);
    for (const port of refused) {
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ cause: { message: 'bad port' } });
    }
  });

  it('does not reveal the invalid URL', () => {
    const refuse = () => read(webhook(NAME, { description, secret: true }), { [NAME]: 'https://u:hunter2@h:25/x' });
    expect(refuse).toThrow(
      new ConfigurationError(`${NAME} has port 25, which no HTTP client posts to: take another port`),
    );
  });
});

describe('a regular expression', () => {
  const pattern = (source: string) => read(regularExpression(NAME, { description }), { [NAME]: source });

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
