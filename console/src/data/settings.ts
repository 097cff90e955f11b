import { useSyncExternalStore } from 'react';

/** A choice of the reader that outlives the page. */
class Setting<T extends string> {
  private readonly listeners = new Set<() => void>();
  private value: T;

  constructor(
    private readonly key: string,
    readonly choices: readonly [T, ...T[]],
    private readonly applied: (value: T) => void = () => undefined,
  ) {
    const stored = read(key);
    this.value = choices.find((choice) => choice === stored) ?? choices[0];
    applied(this.value);
  }

  readonly current = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly set = (value: T): void => {
    this.value = value;
    try {
      localStorage.setItem(this.key, value);
    } catch {
      // A browser that keeps nothing keeps it for this page.
    }
    this.applied(value);
    for (const listener of this.listeners) listener();
  };

  /** The choice after the current one. */
  readonly next = (): T =>
    this.choices[(this.choices.indexOf(this.value) + 1) % this.choices.length] ?? this.choices[0];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export const theme = new Setting('watcher-theme', ['auto', 'light', 'dark'] as const, (value) => {
  document.documentElement.dataset['theme'] = value;
});

/** Whether the reader's system prefers dark colours. */
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** The colours in force, for what must be drawn again when they change. */
export function useColours(): string {
  const choice = useSetting(theme);
  const isDark = useSyncExternalStore(onSystemColours, () => dark.matches);
  return choice === 'auto' ? (isDark ? 'dark' : 'light') : choice;
}

function onSystemColours(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}

export const zone = new Setting('watcher-zone', ['local', 'utc'] as const);

export function useSetting<T extends string>(setting: Setting<T>): T {
  return useSyncExternalStore(setting.subscribe, setting.current);
}
