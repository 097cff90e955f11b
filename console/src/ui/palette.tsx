import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useLocation } from 'wouter';
import type { SearchResult } from '../api/types.ts';
import { useApi } from '../data/queries.ts';
import { Dialog } from './dialog.tsx';
import { Status } from './status.tsx';
import { Instant } from './time.tsx';

const WAITS_MS = 150;

interface Found {
  readonly key: string;
  readonly to: string;
  readonly shown: ReactNode;
}

/** Finds pipelines and datasets by a part of their name, and executions by id or external id. */
export function Palette({ close }: { close: () => void }): ReactNode {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const list = useId();
  useEffect(() => {
    const timer = setTimeout(() => (setAsked(text.trim()), setAt(0)), WAITS_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isFetching, isPlaceholderData, error } = useApi<SearchResult>(
    ['other'],
    asked === '' ? null : '/search',
    { q: asked },
  );
  const found = data && asked !== '' ? foundIn(data) : [];
  // Enter may come before the answer to the text: it then opens the first of what is found.
  const isAnswered = asked !== '' && asked === text.trim() && data !== undefined && !isPlaceholderData;
  const [entered, enter] = useState(false);
  const open = (one: Found | undefined): void => {
    if (!one) return;
    close();
    go(one.to);
  };
  useEffect(() => {
    if (entered && isAnswered) open(found[0]);
  }, [entered, isAnswered]);
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((at + step + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter' && isAnswered) open(found[at]);
    else if (event.key === 'Enter') enter(true);
    // A search field would first clear its text.
    else if (event.key === 'Escape') close();
  };
  return (
    <Dialog label="Search" close={close}>
      <input
        type="search"
        role="combobox"
        aria-label="A part of a pipeline’s or dataset’s name, or the id or external id of an execution"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        placeholder="Pipeline, dataset, execution id, external id"
        autoFocus
        dir="auto"
        value={text}
        onChange={({ target }) => (setText(target.value), enter(false))}
        onKeyDown={onKey}
      />
      <ul role="listbox" id={list} aria-label="Found" className="found">
        {found.map((one, index) => (
          <li
            key={one.key}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => open(one)}
            onMouseMove={() => setAt(index)}
          >
            {one.shown}
          </li>
        ))}
      </ul>
      <p role="status" className="hint">
        {error
          ? error.detail
          : asked === ''
            ? 'Type at least one character.'
            : found.length === 0 && !isFetching
              ? `Nothing is called “${asked}”.`
              : ''}
      </p>
    </Dialog>
  );
}

function foundIn({ pipelines, executions, datasets }: SearchResult): Found[] {
  return [
    ...pipelines.map(({ id, name, namespace, pipeline_type_name: type }) => ({
      key: `p${id}`,
      to: `/pipelines/${id}`,
      shown: (
        <>
          <bdi className="name">{name}</bdi>
          <small>
            {namespace !== '' && <bdi>{namespace} · </bdi>}
            <bdi>{type}</bdi>
          </small>
        </>
      ),
    })),
    ...executions.map(
      ({ id, root_id: root, pipeline_name: name, external_id: external, status, start_date: start }) => ({
        key: `e${id}`,
        to: `/runs/${root}${root === id ? '' : `?focus=${id}`}`,
        shown: (
          <>
            <Status of={status} bare />
            <bdi className="name">{name}</bdi>
            <small>
              {id}
              {external !== null && <bdi> · {external}</bdi>} · <Instant at={start} relative />
            </small>
          </>
        ),
      }),
    ),
    ...datasets.map(({ id, name, namespace, address_type_name: type }) => ({
      key: `d${id}`,
      to: `/datasets/${id}`,
      shown: (
        <>
          <bdi className="name">{name}</bdi>
          <small>
            dataset · <bdi>{namespace === '' ? type : namespace}</bdi>
          </small>
        </>
      ),
    })),
  ];
}
