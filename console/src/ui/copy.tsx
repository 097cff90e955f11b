import { type ReactNode, useEffect, useState } from 'react';

/** A button that copies text, and says so. */
export function Copy({ text, label }: { text: string | (() => string); label: string }): ReactNode {
  const [done, setDone] = useState<'copied' | 'not allowed' | null>(null);
  useEffect(() => {
    if (done === null) return;
    const timer = setTimeout(() => setDone(null), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = (): void => {
    navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
      () => setDone('copied'),
      () => setDone('not allowed'),
    );
  };
  return (
    <button type="button" className="quiet" onClick={copy} aria-live="polite">
      {done ?? label}
    </button>
  );
}

/** A line for a terminal, with a button that copies it. */
export function Command({ text }: { text: string }): ReactNode {
  return (
    <div className="command">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <Copy text={text} label="Copy" />
    </div>
  );
}
