import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import type { ApiError } from '../api/client.ts';
import { itemsOf, type PagesResult } from '../data/queries.ts';
import { Failure, Loading } from './states.tsx';

export interface Column<T> {
  readonly name: string;
  /** The width as in `grid-template-columns`. */
  readonly width: string;
  readonly cell: (item: T) => ReactNode;
  /** Left out on a phone. */
  readonly minor?: boolean;
  readonly number?: boolean;
}

const ROW = 40;

/** On a phone what grows, a name, takes the room that is left; the others take their least. */
function phoneWidth(width: string): string {
  return width.includes('fr') ? 'minmax(13rem, 1fr)' : width.replace(/^minmax\((.+),.+\)$/, '$1');
}

/** A list that reads its next page as the reader comes near its end; only the visible rows are in the page. */
export function List<T>({
  label,
  pages,
  columns,
  empty,
  keyOf = (item) => (item as { readonly id: number }).id,
}: {
  label: string;
  pages: PagesResult<T>;
  columns: readonly Column<T>[];
  empty: ReactNode;
  /** What tells items apart; by default their `id`. */
  keyOf?: (item: T) => number | string;
}): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const items = itemsOf(pages);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= items.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, items.length]);
  if (pages.data === undefined) {
    return pages.error ? (
      <Failure error={pages.error satisfies ApiError} retry={() => void pages.refetch()} />
    ) : (
      <Loading rows={12} />
    );
  }
  if (items.length === 0) return empty;
  const template = {
    '--columns': columns.map(({ width }) => width).join(' '),
    '--phone-columns': columns.flatMap(({ minor, width }) => (minor ? [] : phoneWidth(width))).join(' '),
  } as React.CSSProperties;
  return (
    <div className="list" ref={scroller} tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={hasNextPage ? -1 : items.length + 1} style={template}>
        <div role="row" className="row head" aria-rowindex={1}>
          {columns.map(({ name, minor, number }) => (
            <div role="columnheader" key={name} className={`cell${minor ? ' minor' : ''}${number ? ' number' : ''}`}>
              {name}
            </div>
          ))}
        </div>
        <div role="rowgroup" className="rows" style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, key, start }) => {
            const item = items[index];
            return (
              item !== undefined && (
                <div
                  role="row"
                  className="row"
                  key={key}
                  aria-rowindex={index + 2}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {columns.map(({ name, cell, minor, number }) => (
                    <div role="cell" key={name} className={`cell${minor ? ' minor' : ''}${number ? ' number' : ''}`}>
                      {cell(item)}
                    </div>
                  ))}
                </div>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}
