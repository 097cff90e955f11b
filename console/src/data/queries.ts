import {
  type InfiniteData,
  QueryClient,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
  useQuery,
  type UseQueryResult,
} from '@tanstack/react-query';
import { ApiError, apiUrl, get, getPage, type Query } from '../api/client.ts';

/**
 * What an answer is about, as the first part of its key: hints of changes name these, and what they name is asked for
 * again. `pipeline` and `root` have the id as the second part; 0 stands for a list of many.
 */
export type Subject = 'pipeline' | 'root' | 'incidents' | 'other';

const RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < RETRIES && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
  },
});

/** Reads a path; `about` says which changes concern it. */
export function useApi<T>(
  about: readonly [Subject, number?],
  path: string | null,
  query: Query = {},
): UseQueryResult<T, ApiError> {
  return useQuery<T, ApiError>({
    queryKey: [about[0], about[1] ?? 0, path, query],
    queryFn: ({ signal }) => get<T>(path ?? '', query, signal),
    enabled: path !== null,
    placeholderData: (previous) => previous,
  });
}

export type PagesResult<T> = UseInfiniteQueryResult<InfiniteData<{ body: T[]; next: string | undefined }>, ApiError>;

/** Reads a list page by page. */
export function usePages<T>(about: readonly [Subject, number?], path: string, query: Query = {}): PagesResult<T> {
  return useInfiniteQuery({
    queryKey: [about[0], about[1] ?? 0, path, query, 'pages'],
    queryFn: ({ pageParam, signal }) => getPage<T>(pageParam, signal),
    initialPageParam: apiUrl(path, query),
    getNextPageParam: (last: { next: string | undefined }) => last.next,
    placeholderData: (previous) => previous,
  });
}

/** The items of all pages so far. */
export function itemsOf<T>(pages: PagesResult<T>): T[] {
  return pages.data?.pages.flatMap(({ body }) => body) ?? [];
}
