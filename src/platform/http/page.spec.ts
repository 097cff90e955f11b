import { DomainError } from '../errors/domain-error.js';
import { momentAt, pageLimit, positionOf, toPage } from './page.js';

describe('a page', () => {
  const rows = [10, 20, 30];

  it('has a cursor when one row more than the limit was read', () => {
    const page = toPage(rows, { limit: 2 }, (row) => [row]);
    expect(page.items).toEqual([10, 20]);
    expect(positionOf({ cursor: page.nextCursor ?? '' }, 1)).toEqual([20]);
  });

  it('has none when the rows end with it', () => {
    expect(toPage(rows, { limit: 3 }, (row) => [row]).nextCursor).toBeUndefined();
    expect(toPage([], { limit: 3 }, (row) => [row]).nextCursor).toBeUndefined();
  });

  it('keeps its items’ order and its cursor when they are mapped', () => {
    const page = toPage(rows, { limit: 2 }, (row) => [row]).map(String);
    expect(page.items).toEqual(['10', '20']);
    expect(page.nextCursor).toBeDefined();
  });

  it('has a cursor that continues where it is cut', () => {
    const page = toPage(rows, { limit: 3 }, (row) => [row]).map(String);
    expect(page.first(3)).toBe(page);
    const cut = page.first(1);
    expect([cut.items, positionOf({ cursor: cut.nextCursor ?? '' }, 1)]).toEqual([['10'], [10]]);
  });

  it('holds 100 items unless the query says otherwise', () => {
    expect(pageLimit({})).toBe(100);
    expect(pageLimit({ limit: 7 })).toBe(7);
  });
});

describe('a cursor', () => {
  it('carries several numbers, negative ones too', () => {
    const { nextCursor = '' } = toPage([1, 2], { limit: 1 }, () => [-62135596800000, Number.MAX_SAFE_INTEGER]);
    expect(positionOf({ cursor: nextCursor }, 2)).toEqual([-62135596800000, Number.MAX_SAFE_INTEGER]);
  });

  it.each([
    ['text', 'hello'],
    ['too few numbers', encode('1')],
    ['too many numbers', encode('1.2.3')],
    ['a number that no id has', encode('1.9007199254740993')],
    ['a fraction', encode('1.1e3')],
    ['nothing between', encode('1.')],
    ['no base64', '💥'],
  ])('is refused when it is %s', (_, cursor) => {
    expect(() => positionOf({ cursor }, 2)).toThrow(DomainError);
  });
});

describe('a moment in a cursor', () => {
  it('is one of the years 1 to 9999', () => {
    expect(momentAt(-62_135_596_800_000).toISOString()).toBe('0001-01-01T00:00:00.000Z');
    expect(momentAt(253_402_300_799_999).toISOString()).toBe('9999-12-31T23:59:59.999Z');
  });

  it.each([-62_135_596_800_001, 253_402_300_800_000, Number.MAX_SAFE_INTEGER])('is not %d', (milliseconds) => {
    expect(() => momentAt(milliseconds)).toThrow(DomainError);
  });
});

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
