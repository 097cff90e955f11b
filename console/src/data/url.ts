import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** The state of a page in its address: a filter that is not set is not in it. */
export interface UrlState {
  get(name: string): string | undefined;
  all(name: string): string[];
  /** Replaces the entry in the history where `replace` is true; else back returns to the state before. */
  set(changes: Readonly<Record<string, string | readonly string[] | undefined>>, replace?: boolean): void;
}

export function useUrlState(): UrlState {
  const [params, setParams] = useSearchParams();
  const set = useCallback<UrlState['set']>(
    (changes, replace = false) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) {
            after.delete(name);
            for (const one of typeof value === 'string' ? [value] : (value ?? []))
              if (one !== '') after.append(name, one);
          }
          return after;
        },
        { replace },
      ),
    [setParams],
  );
  return { get: (name) => params.get(name) ?? undefined, all: (name) => params.getAll(name), set };
}
