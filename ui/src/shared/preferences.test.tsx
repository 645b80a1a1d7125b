// Larger and smaller text by key, a step at a time, and the room that it leaves.
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { open } from "../test-window";
import { ZOOMS, zoomed } from "./preferences";

const { innerWidth } = window;
beforeEach(() => localStorage.clear());
afterEach(() => void Object.assign(window, { innerWidth }));

const zoom = () => (document.body.style as CSSStyleDeclaration & { zoom: string }).zoom;
const room = () => document.documentElement.dataset.room;

async function wide(width: number) {
  Object.assign(window, { innerWidth: width });
  const opened = await open();
  await screen.findByText("What does the customer ask?");
  return opened;
}

test.each([
  ["{Control>}+{/Control}", "1.15"],
  ["{Control>}={/Control}", "1.15"],
  ["{Control>}{Shift>}+{/Shift}{/Control}", "1.15"],
  ["{Control>}++{/Control}", "1.3"],
  ["{Control>}-{/Control}", "0.9"],
  ["{Control>}-+{/Control}", "1"],
  ["{Control>}+++0{/Control}", "1"],
])("%s: the text is %s as large, also in the question and at the next start", async (keys, large) => {
  const { user, unmount } = await wide(1280);
  await user.keyboard(`half ${keys}a question`);
  expect(zoom()).toBe(large);
  expect((screen.getByLabelText("Question") as HTMLTextAreaElement).value).toBe("half a question");
  unmount();
  await wide(1280);
  expect(zoom()).toBe(large);
});

test("it ends at the largest and the smallest", () => {
  expect(zoomed(ZOOMS.at(-1) ?? 0, 1)).toBe(200);
  expect(zoomed(ZOOMS[0] ?? 0, -1)).toBe(80);
});

test.each([
  [1280, 0, "wide"],
  [1280, 2, "narrow"],
  [1024, 0, "narrow"],
  [1024, 5, "tight"],
])("in a window of %i, %i steps larger, there is room for a %s one", async (width, steps, expected) => {
  const { user } = await wide(width);
  await user.keyboard(`{Control>}${"+".repeat(steps)}{/Control}`);
  expect(room()).toBe(expected);
  Object.assign(window, { innerWidth: 4000 });
  window.dispatchEvent(new Event("resize"));
  await waitFor(() => expect(room()).toBe("wide"));
});

test("the settings show the size, and keys change it there too", async () => {
  const { user } = await wide(1280);
  await user.keyboard("{Control>},{/Control}");
  const sheet = within(await screen.findByRole("dialog"));
  await user.keyboard("{Control>}+{/Control}");
  expect((sheet.getByLabelText("115 %") as HTMLInputElement).checked).toBe(true);
  await user.click(sheet.getByLabelText("80 %"));
  expect(zoom()).toBe("0.8");
});

test("what was kept in other words is read as the usual size", async () => {
  localStorage.setItem("mortar.preferences", JSON.stringify({ size: "large", theme: "dark", zoom: 17 }));
  await wide(1280);
  expect(zoom()).toBe("1");
  expect(document.documentElement.dataset.theme).toBe("dark");
});
