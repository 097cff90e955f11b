import { qualityOf } from './accepted.js';

describe(qualityOf, () => {
  it.each<[string, string[], number]>([
    ['', ['gzip', '*'], 0],
    ['gzip', ['gzip', '*'], 1],
    ['*', ['gzip', '*'], 1],
    ['*;q=0.5', ['gzip', '*'], 0.5],
    ['gzip;q=0, *', ['gzip', '*'], 0],
    ['deflate, GZIP ; q=0.25', ['gzip', '*'], 0.25],
    ['gzip;q=2', ['gzip', '*'], 0],
    ['gzip;q=-1', ['gzip', '*'], 0],
    ['gzip;q=', ['gzip', '*'], 0],
    ['text/*;q=0.3, */*;q=0.1', ['text/html', 'text/*', '*/*'], 0.3],
    ['text/html;level=1;q=0.4', ['text/html', 'text/*', '*/*'], 0.4],
    ['application/json', ['text/html', 'text/*', '*/*'], 0],
  ])('%j gives %j the quality %d', (header, ranges, expected) => {
    expect(qualityOf(header, ranges)).toBe(expected);
  });
});
