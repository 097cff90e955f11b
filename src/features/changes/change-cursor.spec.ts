import { cursorOf, momentOf } from './change-cursor.js';

describe('the cursor of changes', () => {
  it.each(['7:7:', '7:9:8', '7:20:7,9,19'])('keeps the snapshot %s', (snapshot) => {
    expect(momentOf(cursorOf({ snapshot, at: 1_769_847_600_000 }))).toEqual({ snapshot, at: 1_769_847_600_000 });
  });

  it.each([
    '',
    '0:7:',
    '9:7:',
    '7:9:9',
    '7:9:6',
    '7:20:9,8',
    '7:9',
    '7:9:8,',
    '-1:9:',
    '7:9:8;',
    '7:9999999999999999:',
  ])('refuses the snapshot %j, which PostgreSQL would not read', (snapshot) => {
    expect(() => momentOf(cursorOf({ snapshot, at: 1 }))).toThrow(/after/);
  });

  it.each(['', 'x', Buffer.from('@7:7:').toString('base64url'), '💥'])('refuses %j', (cursor) => {
    expect(() => momentOf(cursor)).toThrow(/after/);
  });
});
