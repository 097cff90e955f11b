import { type ReactNode, useEffect, useRef } from 'react';

/** A dialog that closes by Escape, or by a click beside it. */
export function Dialog({
  label,
  close,
  children,
}: {
  label: string;
  close: () => void;
  children: ReactNode;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      onCancel={(event) => (event.preventDefault(), close())}
      onClick={({ target, currentTarget }) => target === currentTarget && close()}
    >
      <div className="inside">{children}</div>
    </dialog>
  );
}
