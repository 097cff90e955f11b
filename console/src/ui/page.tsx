import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';

/** A page with its title, which is also that of the browser's tab. */
export function Page({ title, head, children }: { title: string; head?: ReactNode; children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · Watcher`;
  }, [title]);
  return (
    <>
      <header className="title">
        <h1 dir="auto" title={title}>
          {title}
        </h1>
        {head}
      </header>
      {children}
    </>
  );
}

/** Tabs that are pages of their own. */
export function Tabs({
  at,
  tabs,
}: {
  at: string;
  tabs: Readonly<Record<string, { to: string; text: string }>>;
}): ReactNode {
  return (
    <nav className="tabs" aria-label="Parts of this page">
      {Object.entries(tabs).map(([name, { to, text }]) => (
        <Link key={name} href={to} aria-current={name === at ? 'page' : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}

/** Facts as names and values. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode {
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A name that may be long, or written from right to left. */
export function Name({ text, to }: { text: string; to?: string }): ReactNode {
  const inner = (
    <bdi className="name" title={text}>
      {text}
    </bdi>
  );
  return to === undefined ? inner : <Link href={to}>{inner}</Link>;
}
