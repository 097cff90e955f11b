import { useEffect, useSyncExternalStore } from 'react';
import { ApiError, getIfChanged } from '../api/client.ts';
import type { Changes } from '../api/types.ts';
import { queryClient } from './queries.ts';

const VISIBLE_MS = 3000;
const HIDDEN_MS = 60_000;
const LONGEST_MS = 60_000;

/** Whether the page hears of changes: `live`, `away` while the service can't be reached, `over` without access. */
export type LiveState = 'live' | 'away' | 'over';

/**
 * Asks for changes, once for everything on the screen, and has what they name read again. Backs off while the service
 * can't be reached, and stops where access has ended.
 */
class Live {
  private state: LiveState = 'live';
  private since: number | undefined;
  private failures = 0;
  private cursor: string | undefined;
  private tag: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): LiveState => this.state;

  /** When the service was last heard, while it is away. */
  readonly lastHeard = (): number | undefined => this.since;

  start(): () => void {
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') this.next(0);
    };
    document.addEventListener('visibilitychange', onVisible);
    window.addEventListener('online', onVisible);
    this.next(0);
    return () => {
      clearTimeout(this.timer);
      document.removeEventListener('visibilitychange', onVisible);
      window.removeEventListener('online', onVisible);
    };
  }

  private next(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), ms);
  }

  private async ask(): Promise<void> {
    try {
      const answer = await getIfChanged<Changes>('/changes', { after: this.cursor }, this.tag);
      this.failures = 0;
      if (this.state === 'away') void queryClient.invalidateQueries();
      this.set('live');
      if (answer) {
        if (this.cursor !== undefined) apply(answer.body);
        this.cursor = answer.body.cursor;
        this.tag = answer.tag;
      }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        this.set('over');
        void queryClient.invalidateQueries({ queryKey: ['session'] });
        return;
      }
      this.failures += 1;
      this.set('away');
    }
    const usual = document.visibilityState === 'visible' ? VISIBLE_MS : HIDDEN_MS;
    this.next(this.failures === 0 ? usual : Math.min(LONGEST_MS, usual * 2 ** Math.min(this.failures - 1, 5)));
  }

  private set(state: LiveState): void {
    if (state === this.state) return;
    if (state === 'away') this.since = Date.now();
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

const live = new Live();

/** Has what a hint names read again; lists read again whatever changed. */
function apply({ all, roots, pipelines, incidents }: Changes): void {
  if (all) return void queryClient.invalidateQueries();
  const [changedRoots, changedPipelines] = [new Set(roots), new Set(pipelines)];
  const concerns = (subject: unknown, id: unknown): boolean => {
    if (subject === 'root') return id === 0 ? roots.length > 0 : changedRoots.has(Number(id));
    if (subject === 'pipeline') return id === 0 ? pipelines.length > 0 : changedPipelines.has(Number(id));
    return subject === 'incidents' && incidents;
  };
  void queryClient.invalidateQueries({ predicate: ({ queryKey }) => concerns(queryKey[0], queryKey[1]) });
}

/** Follows changes while the component is shown. */
export function useLive(): void {
  useEffect(() => live.start(), []);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(live.subscribe, live.current);
}

export function lastHeard(): number | undefined {
  return live.lastHeard();
}
