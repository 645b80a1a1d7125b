// From anywhere to the question: the screen, whatever lies over it, and the field.
import { useCallback } from "react";
import { useFields, useNavigation } from "./navigation";
import { useSheets } from "./sheets";

export function useToQuestion() {
  const { go } = useNavigation();
  const { question } = useFields();
  const { clear } = useSheets();
  return useCallback(() => {
    go("ask");
    clear(() => question.current?.focus());
  }, [go, question, clear]);
}
