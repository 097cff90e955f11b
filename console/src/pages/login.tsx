import { type FormEvent, type ReactNode, useState } from 'react';
import { login } from '../data/session.ts';
import { Failure } from '../ui/states.tsx';

/** Asks for a key; the service keeps the session, and the page never sees the key again. */
export function LoginPage(): ReactNode {
  const [key, setKey] = useState('');
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setState({ busy: true });
    login(key.trim()).then(
      () => setState({ busy: false }),
      (error: unknown) => setState({ busy: false, error }),
    );
  };
  return (
    <main className="login">
      <h1>Watcher</h1>
      <form onSubmit={submit}>
        <label className="field">
          <span>Key</span>
          <input
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={key}
            onChange={({ target }) => setKey(target.value)}
          />
        </label>
        <button type="submit" className="primary" disabled={state.busy}>
          Log in
        </button>
      </form>
      <p>A key with the scope read shows everything; one with write also acknowledges incidents.</p>
      {state.error !== undefined && <Failure error={state.error} />}
    </main>
  );
}
