import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useLayoutEffect } from "react";
import { expect, test, vi } from "vitest";
import { asked } from "../test-window";
import type { Command } from "./commands";
import { useKeys } from "./keys";

const press = (key: string, over: KeyboardEventInit = {}) =>
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, ...over }));

type Props = { commands: Command[]; off?: boolean; shown?: () => unknown };

function Keys({ commands, off = false, shown }: Props) {
  useKeys(commands, off, () => {});
  // Before the page has had time for anything else.
  useLayoutEffect(() => void shown?.());
  return null;
}

test("a key that comes right behind what makes it possible is not lost", () => {
  const run = vi.fn();
  const again = (able: boolean): Command[] => [{ id: "again", keys: "mod+R", run, able }];
  const { rerender } = render(<Keys commands={again(false)} />);
  rerender(<Keys commands={again(true)} shown={() => press("r")} />);
  expect(run).toHaveBeenCalledTimes(1);
});

test("nor one that comes right behind a sheet that was closed", () => {
  const run = vi.fn();
  const settings: Command[] = [{ id: "settings", keys: "mod+,", run }];
  const { rerender } = render(<Keys commands={settings} off />);
  act(() => void press(","));
  expect(run).not.toHaveBeenCalled();
  rerender(<Keys commands={settings} shown={() => press(",")} />);
  expect(run).toHaveBeenCalledTimes(1);
});

test("the window listens once, however often it is drawn", async () => {
  const add = vi.spyOn(window, "addEventListener");
  const listeners = () => add.mock.calls.filter(([type]) => type === "keydown").length;
  await asked();
  await screen.findByText("Copy");
  const before = listeners();
  expect(before).toBeGreaterThan(0);
  await userEvent.keyboard("{Control>}.{/Control}{Control>}2{/Control}{Control>}1{/Control}");
  expect(listeners()).toBe(before);
});
