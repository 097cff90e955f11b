import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { ApiError, get, send } from '../api/client.ts';
import type { Session } from '../api/types.ts';
import { queryClient } from './queries.ts';

const KEY = ['session'] as const;

/** Who is logged in; an {@link ApiError} with status 401 if nobody is. */
export function useSession(): UseQueryResult<Session, ApiError> {
  return useQuery<Session, ApiError>({
    queryKey: KEY,
    queryFn: ({ signal }) => get<Session>('/session', {}, signal),
    staleTime: 300_000,
  });
}

/** Whether whoever is logged in may change incidents. */
export function useMayWrite(): boolean {
  const { data } = useSession();
  return data !== undefined && data.scope !== 'read' && data.scope !== null;
}

/** Whether whoever is logged in may delete. */
export function useMayAdminister(): boolean {
  return useSession().data?.scope === 'admin';
}

export async function login(key: string): Promise<void> {
  await send('POST', '/session', { key });
  await queryClient.invalidateQueries();
}

export async function logout(): Promise<void> {
  await send('DELETE', '/session');
  // The page asks who is there and shows the login; then what the last person saw is forgotten.
  await queryClient.resetQueries({ queryKey: KEY });
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
}
