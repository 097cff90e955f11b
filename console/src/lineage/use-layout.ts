import { useEffect, useState } from 'react';
// oxlint-disable-next-line import/default -- Vite makes a module of the address of the built worker
import workerUrl from './layout.worker.ts?worker&url';
import type { Layout, Picture } from './picture.ts';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string;
  };
}

/** The policy of the page demands that the address of a worker comes from here; other browsers take the text. */
const workers = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('watcher-worker', {
  createScriptURL: () => workerUrl,
});

/** Arranges a picture in a worker, so that the page stays usable; null until it is done. */
export function useLayout(picture: Picture): { layout: Layout | null; error: string | null } {
  const [done, setDone] = useState<{ picture: Picture; layout: Layout } | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const worker = new Worker(workers?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Layout>) => setDone({ picture, layout: data }));
    worker.addEventListener('error', ({ message }) => setError(message ?? 'the worker did not start'));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
    worker.postMessage(picture);
    return () => worker.terminate();
  }, [picture]);
  return { layout: done?.picture === picture ? done.layout : null, error };
}
