// The whole window against a backend that is told what to answer.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "./app";
import { BackendProvider } from "./backend/context";
import { fake, type Told } from "./backend/fake";

export async function open(over: Told = {}) {
  const backend = fake(over);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(
    <QueryClientProvider client={client}>
      <BackendProvider value={backend}>
        <App />
      </BackendProvider>
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  return { backend, user, ...view };
}

export async function asked(over: Told = {}, question = "What is 75?") {
  const opened = await open(over);
  await opened.user.type(await screen.findByLabelText("Question"), `${question}{Enter}`);
  return opened;
}

/** What waits goes on when it is let. */
export function gate() {
  let go = () => {};
  const wait = new Promise<void>((done) => {
    go = done;
  });
  return { wait, go };
}

export const called = (calls: unknown[][], name: string) => calls.filter((c) => c[0] === name);
