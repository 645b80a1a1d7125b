import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo } from "../backend/fake";
import { asked, called } from "../test-window";
import { lookedAt } from "./looked-at";

beforeEach(() => localStorage.clear());

const view = { top: 0, bottom: 600 };
const seen = (key: string, top: number, bottom: number, focused = false) => ({ key, top, bottom, focused });

test.each([
  ["the only one", [seen("a", 0, 100)], "a"],
  ["the one of which most is seen", [seen("a", -500, 400), seen("b", 400, 900)], "a"],
  ["also where the others are larger", [seen("a", -5000, 100), seen("b", 200, 500)], "b"],
  ["of two alike, the upper", [seen("a", 0, 300), seen("b", 300, 600)], "a"],
  ["the present one while all of it is in view", [seen("a", 0, 400), seen("present", 410, 600)], "present"],
  ["not the present one when it leaves", [seen("a", 10, 410), seen("present", 420, 610)], "a"],
  ["the one that is typed in, though less of it is seen", [seen("a", -100, 200, true), seen("b", 210, 600)], "a"],
  ["not one that is typed in and nearly out of sight", [seen("a", -500, 40, true), seen("b", 50, 600)], "b"],
  ["none that is out of sight", [seen("a", -500, -100, true), seen("b", 700, 900)], null],
])("%s is looked at", (_, turns, want) => expect(lookedAt(view, turns, "present")).toBe(want));

/** As the page's layout would have them: each answer so far from the view's top. */
function scrolled(tops: number[]) {
  const main = screen.getByRole("main", { name: "Ask" });
  const scroll = main.querySelector("[data-turn]")?.parentElement?.parentElement as HTMLElement;
  const box = (top: number, height: number) => ({ top, bottom: top + height }) as DOMRect;
  scroll.getBoundingClientRect = () => box(0, 600);
  [...scroll.querySelectorAll("[data-turn]")].forEach((turn, i) => {
    (turn.lastElementChild as HTMLElement).getBoundingClientRect = () => box(tops[i] ?? 0, 200);
  });
  act(() => void fireEvent.scroll(scroll));
}

test("the answer goes out that the operator has scrolled to", async () => {
  const { user, backend } = await asked({ answer: (q) => answerTo(q, `About ${q}`) }, "one");
  await screen.findByText("Keep anyway");
  await user.click(screen.getByText("Keep anyway"));
  await user.type(screen.getByLabelText("Question"), "two{Enter}");
  await user.click(await screen.findByText("Keep anyway"));
  const copied = async (n: number) => {
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(called(backend.calls, "copy").length).toBe(n));
    const words = called(backend.calls, "copy").at(-1)?.[2];
    // What went out is said by its question.
    await screen.findByText(`✓ Copied: “${String(words).replace("About ", "")}”`);
    return words;
  };
  scrolled([-900, 0]);
  expect(await copied(1)).toBe("About two");
  scrolled([100, 1000]);
  expect(await copied(2)).toBe("About one");
  expect(document.activeElement).toBe(screen.getByLabelText("Question"));
  scrolled([-900, 0]);
  expect(await copied(3)).toBe("About two");
});
