// Where the operator is: on which screen, and in which of its fields.
import { type ReactNode, type RefObject, useCallback, useMemo, useRef, useState } from "react";
import { HomeContext } from "../shared/focus";
import { provided } from "../shared/provided";

export type Screen = "ask" | "browse" | "releases" | "feedback";

export type QuestionHandle = { focus: () => void; change: (next: (now: string) => string) => void };

/** The text that is read on a screen. */
export type TextHandle = {
  /** Opens the field that finds in it. */
  find: () => void;
  /** Closes it; false, if it was not open. */
  letGo: () => boolean;
};

/** Who goes to a screen is in its field. */
type Navigation = { screen: Screen; go: (to: Screen) => void };

/** They are there as long as the window is, and drawing anything needs neither. */
type Fields = {
  question: RefObject<QuestionHandle | null>;
  find: RefObject<HTMLInputElement | null>;
  /** What has the keys of the releases. */
  releases: RefObject<{ focus: () => void } | null>;
  /** What has the keys of triage. */
  found: RefObject<{ focus: () => void } | null>;
  texts: Record<Screen, RefObject<TextHandle | null>>;
};

const [ScreenContext, useNavigation] = provided<Navigation>("screen");
const [FieldsContext, useFields] = provided<Fields>("field");

export { useFields, useNavigation };

export function NavigationProvider({ children }: { children: ReactNode }) {
  const [screen, setScreen] = useState<Screen>("ask");
  const question = useRef<QuestionHandle>(null);
  const find = useRef<HTMLInputElement>(null);
  const source = useRef<TextHandle>(null);
  const page = useRef<TextHandle>(null);
  const releases = useRef<{ focus: () => void }>(null);
  const found = useRef<{ focus: () => void }>(null);
  const none = useRef<TextHandle>(null);
  const fields = useMemo(
    () => ({ question, find, releases, found, texts: { ask: source, browse: page, releases: none, feedback: none } }),
    [],
  );
  const focus = useCallback(
    (of: Screen) => ({ ask: question, browse: find, releases, feedback: found })[of].current?.focus(),
    [],
  );
  const go = useCallback(
    (to: Screen) => {
      setScreen(to);
      // On another screen it takes the focus itself, as soon as it can be seen.
      focus(to);
    },
    [focus],
  );
  const navigation = useMemo(() => ({ screen, go }), [screen, go]);
  const home = useCallback(() => focus(screen), [focus, screen]);
  return (
    <FieldsContext value={fields}>
      <ScreenContext value={navigation}>
        <HomeContext value={home}>{children}</HomeContext>
      </ScreenContext>
    </FieldsContext>
  );
}
