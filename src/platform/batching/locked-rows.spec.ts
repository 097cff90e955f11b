import { LockedRows } from './locked-rows.js';

describe(LockedRows.name, () => {
  it('remembers rows for a minute, or until they are free', () => {
    const rows = new LockedRows();
    rows.note(['a', 'b'], 0);
    expect(rows.has(['x', 'b'], 59_999)).toBe(true);
    expect(rows.has(['b'], 60_000)).toBe(false);
    rows.free(['b']);
    expect([rows.has(['a'], 1), rows.has(['b'], 1)]).toEqual([true, false]);
  });

  it('attributes a failure to rows that are known to be locked', () => {
    const rows = new LockedRows();
    rows.note(['a'], 0);
    rows.note(['a', 'b'], 1);
    expect(rows.has(['b'], 2)).toBe(false);
    expect(rows.triedAt(['a', 'b'])).toBe(1);
  });

  it('keeps the latest thousand rows', () => {
    const rows = new LockedRows();
    for (let row = 0; row < 3000; row++) rows.note([`row ${row}`], row);
    expect(rows.size).toBe(1000);
    expect([rows.has(['row 1999'], 3000), rows.has(['row 2000'], 3000)]).toEqual([false, true]);
  });
});
