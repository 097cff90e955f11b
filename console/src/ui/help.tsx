import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';

const KEYS = {
  'On every page': [
    ['/', 'search (also Ctrl+K)'],
    ['u', 'switch between local time and UTC'],
    ['?', 'these keys'],
  ],
  'On a run': [
    ['↑ ↓', 'previous, next row'],
    ['← →', 'close, open the children of a row'],
    ['Enter', 'show a row in full'],
    ['n N', 'next, previous failure'],
    ['w s', 'zoom in, out (also Ctrl and wheel)'],
    ['a d', 'earlier, later'],
    ['0', 'the whole run'],
    ['c', 'critical path'],
    ['f', 'path to the first failure'],
    ['g', 'fold many runs of one pipeline into one row'],
    ['i', 'fold idle time'],
    ['t', 'timeline, table, shares'],
    ['x', 'compare with the last success'],
  ],
} as const;

export function Help({ close }: { close: () => void }): ReactNode {
  return (
    <Dialog label="Keys" close={close}>
      {Object.entries(KEYS).map(([title, keys]) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl className="keys">
            {keys.map(([key, text]) => (
              <div key={key}>
                <dt>
                  {key.split(' ').map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <button type="button" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}
