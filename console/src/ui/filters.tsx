import { type ReactNode, useEffect, useState } from 'react';
import { useUrlState } from '../data/url.ts';

/** Choices of a filter as chips; they and the address of the page are one. */
export function Chips({
  name,
  label,
  choices,
}: {
  name: string;
  label: string;
  choices: readonly string[];
}): ReactNode {
  const url = useUrlState();
  const chosen = url.all(name);
  const toggle = (choice: string): void =>
    url.set({ [name]: chosen.includes(choice) ? chosen.filter((one) => one !== choice) : [...chosen, choice] });
  return (
    <fieldset className="chips">
      <legend>{label}</legend>
      {choices.map((choice) => (
        <button type="button" key={choice} aria-pressed={chosen.includes(choice)} onClick={() => toggle(choice)}>
          {choice.replaceAll('_', ' ')}
        </button>
      ))}
    </fieldset>
  );
}

const WAITS_MS = 250;

/** A filter by text, applied when the reader pauses. */
export function TextFilter({
  name,
  label,
  type = 'search',
}: {
  name: string;
  label: string;
  type?: string;
}): ReactNode {
  const url = useUrlState();
  const applied = url.get(name) ?? '';
  const [text, setText] = useState(applied);
  useEffect(() => setText(applied), [applied]);
  useEffect(() => {
    if (text === applied) return;
    const timer = setTimeout(() => url.set({ [name]: text }, true), WAITS_MS);
    return () => clearTimeout(timer);
  }, [text, applied, name, url]);
  return (
    <label className="field">
      <span>{label}</span>
      <input type={type} value={text} dir="auto" onChange={({ target }) => setText(target.value)} />
    </label>
  );
}

export function Choice({
  name,
  label,
  choices,
  usual,
}: {
  name: string;
  label: string;
  choices: Readonly<Record<string, string>>;
  usual: string;
}): ReactNode {
  const url = useUrlState();
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={url.get(name) ?? usual}
        onChange={({ target }) => url.set({ [name]: target.value === usual ? undefined : target.value })}
      >
        {Object.entries(choices).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
