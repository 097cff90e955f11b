import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type ApiError, get } from '../api/client.ts';
import type { Timeline } from '../api/types.ts';
import { queryClient } from '../data/queries.ts';
import { type Known, merge, toTree, type Tree } from './tree.ts';

/** Reads the tree below an execution, and then only what has changed of it. `rootId` is what hints of changes name. */
export function useTimeline(
  id: number,
  rootId: number | undefined,
): UseQueryResult<Known, ApiError> & { tree: Tree | undefined } {
  const queryKey = ['root', rootId, 'timeline', id];
  const query = useQuery<Known, ApiError>({
    queryKey,
    queryFn: async ({ signal }) => {
      const known = queryClient.getQueryData<Known>(queryKey);
      const answer = await get<Timeline>(`/pipeline_execution/${id}/timeline`, { after: known?.cursor }, signal);
      return merge(known, answer);
    },
    enabled: rootId !== undefined,
    structuralSharing: false,
  });
  const { data } = query;
  const tree = useMemo(() => data && toTree(data, id), [data, id]);
  return { ...query, tree };
}
