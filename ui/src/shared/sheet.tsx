// A dialog in the middle of the window.
import * as Dialog from "@radix-ui/react-dialog";
import { type ReactNode, useState } from "react";
import { focusBack, nowhere, useAfterwards, useHome } from "./focus";
import { strings } from "./strings";
import { Button, cx } from "./ui";

type Props = { onClose: () => void; title: string; children: ReactNode; wide?: boolean };

/** Esc and a click beside it close it, and the focus is where it was. */
export function Sheet({ onClose, title, children, wide }: Props) {
  const home = useHome();
  const afterwards = useAfterwards();
  // Before anything in it takes the focus.
  const [before] = useState(() => document.activeElement);
  return (
    <Dialog.Root open onOpenChange={(o) => !o && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/35" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={(e) => {
            e.preventDefault();
            // Whoever took the focus meanwhile keeps it.
            if (nowhere()) focusBack(before, home);
            const then = afterwards.current;
            afterwards.current = null;
            then?.();
          }}
          className={cx(
            "fixed top-[12vh] left-1/2 z-40 max-h-[76vh] w-[calc(100vw-48px)] -translate-x-1/2 overflow-auto rounded-xl border border-line bg-panel p-5 shadow-xl",
            wide ? "max-w-[720px]" : "max-w-[460px]",
          )}
        >
          <Dialog.Title className="mb-3 pr-8 text-[16px] font-semibold">{title}</Dialog.Title>
          {children}
          {/* Last, so that the first field has the focus. */}
          <Dialog.Close
            className="absolute top-4 right-4 rounded px-1.5 text-soft hover:text-ink"
            aria-label={strings.close}
          >
            ✕
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** How a sheet with a form ends. */
export function SaveOrNot({ onCancel }: { onCancel: () => void }) {
  return (
    <div className="mt-3 flex justify-end gap-2">
      <Button onClick={onCancel}>{strings.cancel}</Button>
      <Button primary type="submit">
        {strings.save}
      </Button>
    </div>
  );
}
