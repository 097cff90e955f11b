import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { apiUrl } from './api/client.ts';
import type { Overview } from './api/types.ts';
import { lastHeard, useLive, useLiveState } from './data/live.ts';
import { useApi } from './data/queries.ts';
import { logout, useSession } from './data/session.ts';
import { theme, useSetting, zone } from './data/settings.ts';
import { useShortcuts } from './data/shortcuts.ts';
import { Help } from './ui/help.tsx';
import { Palette } from './ui/palette.tsx';
import { Instant } from './ui/time.tsx';

const MENU = [
  ['/', 'Overview'],
  ['/runs', 'Runs'],
  ['/pipelines', 'Pipelines'],
  ['/datasets', 'Datasets'],
  ['/incidents', 'Incidents'],
  ['/alerts', 'Alerts'],
  ['/reports/daily', 'Daily report'],
  ['/retention', 'Retention'],
] as const;

/** The menu around all pages, the search, and whether the page hears of changes. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  useLive();
  const [location] = useLocation();
  const [opened, open] = useState<'search' | 'help' | null>(null);
  const main = useRef<HTMLElement>(null);
  const menu = useRef<HTMLElement>(null);
  const incidents = useOpenIncidents();
  useEffect(() => open(null), [location]);
  // On a phone the menu scrolls: the page that is shown stays visible in it, also as the number of incidents comes.
  useEffect(() => {
    menu.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [location, incidents]);
  useShortcuts({
    '/': () => open('search'),
    'Ctrl+k': () => open('search'),
    '?': () => open('help'),
    u: () => zone.set(zone.next()),
  });
  const isAt = (path: string): boolean => (path === '/' ? location === '/' : location.startsWith(path));
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          Watcher
        </Link>
        <nav aria-label="Pages" ref={menu}>
          {MENU.map(([path, text]) => (
            <Link key={path} href={path} aria-current={isAt(path) ? 'page' : undefined}>
              {text}
              {path === '/incidents' && <Bubble count={incidents} />}
            </Link>
          ))}
        </nav>
        <button type="button" className="search" onClick={() => open('search')} aria-keyshortcuts="/ Control+K">
          Search <kbd>/</kbd>
        </button>
        <Choices onHelp={() => open('help')} />
      </header>
      <Connection />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      {opened === 'search' && <Palette close={() => open(null)} />}
      {opened === 'help' && <Help close={() => open(null)} />}
    </div>
  );
}

function useOpenIncidents(): number {
  const { data } = useApi<Overview>(['incidents'], '/overview', { window: '24h' });
  return data?.incidents.open ?? 0;
}

function Bubble({ count }: { count: number }): ReactNode {
  if (count === 0) return null;
  return (
    <>
      {' '}
      <span className="bubble">
        {count}
        <span className="hidden"> open</span>
      </span>
    </>
  );
}

function Choices({ onHelp }: { onHelp: () => void }): ReactNode {
  const session = useSession();
  const { data } = session;
  return (
    <div className="choices">
      <button type="button" className="quiet" onClick={() => zone.set(zone.next())} title="Zone of all times (u)">
        {useSetting(zone) === 'utc' ? 'UTC' : 'Local time'}
      </button>
      <button type="button" className="quiet" onClick={() => theme.set(theme.next())} title="Colours">
        {{ auto: 'Auto', light: 'Light', dark: 'Dark' }[useSetting(theme)]}
      </button>
      <a className="quiet" href={apiUrl('/docs')}>
        API
      </a>
      <button type="button" className="quiet" onClick={onHelp} aria-label="Keys" title="Keys (?)">
        ?
      </button>
      {data !== undefined && data.kind !== 'open' && (
        <span className="who" title={`scope ${data.scope}`}>
          <bdi>{data.name}</bdi>
          {data.kind === 'session' && (
            <button type="button" className="quiet" onClick={() => void logout()}>
              Log out
            </button>
          )}
        </span>
      )}
    </div>
  );
}

function Connection(): ReactNode {
  const state = useLiveState();
  const since = lastHeard();
  if (state !== 'away') return null;
  return (
    <p className="away" role="status">
      The service can’t be reached or can’t read its database; this page shows what it last heard
      {since !== undefined && (
        <>
          , <Instant at={new Date(since).toISOString()} relative />
        </>
      )}
      . It asks again by itself.
    </p>
  );
}
