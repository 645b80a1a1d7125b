// A sentence's mark as it stands in the text: shape, word, and for whoever hears it, the numbers of its sources.
import { WidgetType } from "@codemirror/view";
import type { Grounding } from "../backend/backend";
import { strings } from "../shared/strings";

export type Mark = {
  grounding: Grounding;
  /** Kept without a source, typed just now and not looked at yet, or no longer what its source says. */
  state: "kept" | "looking" | "since" | null;
  sources: string;
};

/** Kept without a source, it is open no more. */
const shape = ({ grounding, state }: Mark) =>
  state === "looking" ? strings.lookingMark : strings.mark[state === "kept" ? "partial" : grounding];

const word = ({ grounding, state }: Mark) => (state === null ? strings.grounding[grounding] : strings.states[state]);

export const saidBy = (mark: Mark) => `${shape(mark)} ${word(mark)}`;

/** No part of the text: it is neither copied nor edited, and the caret goes past it. */
export class MarkWidget extends WidgetType {
  constructor(private readonly mark: Mark) {
    super();
  }

  override eq(other: MarkWidget) {
    return saidBy(this.mark) === saidBy(other.mark) && this.mark.sources === other.mark.sources;
  }

  override toDOM() {
    const said = document.createElement("span");
    said.className = "cm-said";
    const part = (words: string, className: string) => {
      const span = said.appendChild(document.createElement("span"));
      span.className = className;
      span.textContent = words;
      return span;
    };
    const { grounding, state } = this.mark;
    const sourced = state === null && (grounding === "verbatim" || grounding === "supported");
    part(shape(this.mark), sourced ? "cm-shape cm-sourced" : "cm-shape").setAttribute("aria-hidden", "true");
    said.append(` ${word(this.mark)}`);
    if (this.mark.sources) part(strings.fromSource(this.mark.sources), "sr-only");
    return said;
  }

  override ignoreEvent() {
    return false;
  }
}
