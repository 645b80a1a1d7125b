import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// A machine that builds meanwhile is slow, and no reason to fail.
configure({ asyncUtilTimeout: 5_000 });
afterEach(cleanup);

// jsdom has no layout; CodeMirror and the list only need these to be callable.
Element.prototype.scrollIntoView = () => {};
Range.prototype.getClientRects = () =>
  ({ length: 0, item: () => null, [Symbol.iterator]: [][Symbol.iterator] }) as never;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener() {},
  removeEventListener() {},
})) as never;
