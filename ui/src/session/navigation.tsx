// Where the operator is: on which of the two screens, and in which of the two fields.
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { provided } from "../shared/provided";

export type Screen = "ask" | "browse";

export type QuestionHandle = { focus: () => void; change: (next: (now: string) => string) => void };

type Navigation = { screen: Screen; go: (to: Screen) => void };

/** They are there as long as the window is, and drawing anything needs neither. */
type Fields = { question: RefObject<QuestionHandle | null>; find: RefObject<HTMLInputElement | null> };

const [ScreenContext, useNavigation] = provided<Navigation>("screen");
const [FieldsContext, useFields] = provided<Fields>("field");

export { useFields, useNavigation };

export function NavigationProvider({ children }: { children: ReactNode }) {
  const [screen, setScreen] = useState<Screen>("ask");
  const question = useRef<QuestionHandle>(null);
  const find = useRef<HTMLInputElement>(null);
  const fields = useMemo(() => ({ question, find }), []);
  const go = useCallback((to: Screen) => setScreen(to), []);
  useEffect(() => focusSoon(screen === "ask" ? question : find), [screen]);
  const navigation = useMemo(() => ({ screen, go }), [screen, go]);
  return (
    <FieldsContext value={fields}>
      <ScreenContext value={navigation}>{children}</ScreenContext>
    </FieldsContext>
  );
}

/** The field of the present screen takes the focus, once what is being drawn is there. */
export function useToField(): () => void {
  const { screen } = useNavigation();
  const { question, find } = useFields();
  return useCallback(() => focusSoon(screen === "ask" ? question : find), [screen, question, find]);
}

function focusSoon(field: RefObject<{ focus: () => void } | null>) {
  setTimeout(() => field.current?.focus(), 0);
}
