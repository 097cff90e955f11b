import type { ReactNode } from 'react';
import { useUrlState } from '../data/url.ts';
import { Copy } from '../ui/copy.tsx';

const VIEWS = { timeline: 'Timeline', list: 'Table', shares: 'Shares' } as const;

export function nextView(view: string): string {
  const names = Object.keys(VIEWS);
  return names[(names.indexOf(view) + 1) % names.length] ?? 'timeline';
}

/** What is shown of a run and how; each has a key, and all of it is in the address. */
export function Controls({
  view,
  path,
  folds,
  idle,
  zoomed,
  onZoom,
  onCompare,
}: {
  view: string;
  path: string | undefined;
  folds: boolean;
  idle: boolean;
  zoomed: boolean;
  onZoom: (factor: number) => void;
  onCompare: () => void;
}): ReactNode {
  const url = useUrlState();
  return (
    <div className="controls" role="toolbar" aria-label="How the run is shown">
      {Object.entries(VIEWS).map(([name, text]) => (
        <button
          type="button"
          key={name}
          aria-pressed={view === name}
          onClick={() => url.set({ view: name === 'timeline' ? undefined : name }, true)}
        >
          {text}
        </button>
      ))}
      <span className="gap" />
      <Toggle
        on={path === 'cause'}
        keys="f"
        onClick={() => url.set({ path: path === 'cause' ? 'none' : 'cause' }, true)}
      >
        First failure
      </Toggle>
      <Toggle
        on={path === 'critical'}
        keys="c"
        onClick={() => url.set({ path: path === 'critical' ? undefined : 'critical' }, true)}
      >
        Critical path
      </Toggle>
      <Toggle on={folds} keys="g" onClick={() => url.set({ fold: folds ? 'off' : undefined }, true)}>
        Fold alike
      </Toggle>
      <Toggle on={idle} keys="i" onClick={() => url.set({ idle: idle ? undefined : 'fold' }, true)}>
        Fold idle time
      </Toggle>
      <span className="gap" />
      <button type="button" aria-label="Zoom in" onClick={() => onZoom(1 / 1.5)}>
        +
      </button>
      <button type="button" aria-label="Zoom out" onClick={() => onZoom(1.5)}>
        −
      </button>
      {zoomed && (
        <button type="button" onClick={() => onZoom(0)}>
          Whole run
        </button>
      )}
      <button type="button" onClick={onCompare} title="x">
        Compare with the last success
      </button>
      <Copy label="Copy the link" text={() => location.href} />
    </div>
  );
}

function Toggle({
  on,
  keys,
  onClick,
  children,
}: {
  on: boolean;
  keys: string;
  onClick: () => void;
  children: ReactNode;
}): ReactNode {
  return (
    <button type="button" aria-pressed={on} aria-keyshortcuts={keys} title={`Key ${keys}`} onClick={onClick}>
      {children}
    </button>
  );
}
