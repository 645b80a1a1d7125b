// The keyboard's focus: the way back to where it was, and where it goes when it has nowhere else to go.
import type { RefObject } from "react";
import { provided } from "./provided";

/** Gives the focus to the field that is typed in. */
export type Home = () => void;

export const [HomeContext, useHome] = provided<Home>("field");

/** What is done once the sheet that is being closed has given the focus back: only then may anything else take it. */
export type Afterwards = RefObject<(() => void) | null>;

export const [AfterwardsContext, useAfterwards] = provided<Afterwards>("afterwards");

const FIELD = "textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable=true]";

/** What takes typing: plain keys are its own. */
export const isField = (target: EventTarget | null) => target instanceof Element && target.closest(FIELD) !== null;

/** Nothing has the focus, or what had it is gone. */
export const nowhere = () => document.activeElement === null || document.activeElement === document.body;

/** What had the focus has it again, if it is still there to take it. */
export function focusBack(to: Element | null, home: Home) {
  if (to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
  if (nowhere() || document.activeElement !== to) home();
}
