import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Pipeline, WatermarkMove } from '../api/types.ts';
import { itemsOf, usePages } from '../data/queries.ts';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { Instant } from '../ui/time.tsx';

/** Each move of the watermark, with the run or the person that caused it. */
export function Watermarks({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const moves = usePages<WatermarkMove>(['pipeline', pipeline.id], `/pipeline/${pipeline.id}/watermarks`);
  const found = itemsOf(moves);
  if (moves.data === undefined) return moves.error ? <Failure error={moves.error} /> : <Loading />;
  if (found.length === 0) {
    return (
      <Empty title="The watermark has never moved">A successful run that reports a next watermark moves it.</Empty>
    );
  }
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Moves of the watermark">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          {found.map((move) => (
            <tr key={`${move.at} ${move.execution_id}`}>
              <td>
                <Instant at={move.at} />
              </td>
              <td dir="auto">{move.before ?? '–'}</td>
              <td dir="auto">{move.after ?? '–'}</td>
              <td>
                {move.execution_id === null ? (
                  <bdi>{move.by}</bdi>
                ) : (
                  <Link href={`/executions/${move.execution_id}`}>run {move.execution_id}</Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {moves.hasNextPage && (
        <button type="button" onClick={() => void moves.fetchNextPage()}>
          Older ones
        </button>
      )}
    </div>
  );
}
