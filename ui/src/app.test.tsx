// The window's main job, against a backend that is told what to answer.
import { EditorView } from "@codemirror/view";
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Passage } from "./backend/backend";
import { answerTo, fake, passage, passagesFound, SECOND, status } from "./backend/fake";
import { asked, called, gate, open } from "./test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const INVENTED = "An urgent request is decided within 12 hours.";

beforeEach(() => localStorage.clear());

test("a question is answered with marks and its source", async () => {
  const { backend } = await asked();
  await waitFor(() => expect(document.querySelector(".cm-content")?.textContent).toContain(FIRST));
  await waitFor(() => expect(document.querySelector(".cm-line")?.getAttribute("data-mark")).toBe("● verbatim"));
  expect(called(backend.calls, "ask")).toEqual([["ask", "What is 75?", null]]);
  const source = within(screen.getByRole("complementary"));
  expect((await source.findByRole("heading", { level: 2 })).textContent).toContain("Reject 75");
  await waitFor(() => expect(document.querySelector("mark")?.textContent).toBe(FIRST));
});

test("a follow-up goes into the same conversation, a new one does not", async () => {
  const { backend, user } = await asked();
  await screen.findByText("Copy");
  await user.type(screen.getByLabelText("Question"), "and 76?{Enter}");
  await waitFor(() => expect(called(backend.calls, "ask")[1]).toEqual(["ask", "and 76?", "e0"]));
  await user.keyboard("{Control>}n{/Control}");
  expect(await screen.findByText("What does the customer ask?")).toBeTruthy();
});

test("copying goes out at once when everything has a source", async () => {
  const { backend, user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}{Enter}{/Control}");
  await waitFor(() => expect(called(backend.calls, "copy")).toEqual([["copy", "e0", FIRST, []]]));
});

test("a sentence without a source holds copying once: dropped, the next copy goes out without it", async () => {
  const { backend, user } = await asked({ answer: (q) => answerTo(q, `${FIRST}\n${INVENTED}`) });
  await user.click(await screen.findByText("Copy"));
  expect(await screen.findByText(/Before you copy/)).toBeTruthy();
  expect(called(backend.calls, "copy")).toEqual([]);
  await user.click(screen.getByText("Drop it"));
  await user.click(screen.getByText("Copy"));
  await waitFor(() => expect(called(backend.calls, "copy")).toEqual([["copy", "e0", FIRST, []]]));
});

test("kept, it goes out and is kept with the answer", async () => {
  const { backend, user } = await asked({ answer: (q) => answerTo(q, `${FIRST}\n${INVENTED}`) });
  await user.click(await screen.findByText("Copy"));
  await screen.findByText(/Before you copy/);
  await user.click(screen.getByText("Keep anyway"));
  await waitFor(() =>
    expect(called(backend.calls, "copy")).toEqual([["copy", "e0", `${FIRST} ${INVENTED}`, [INVENTED]]]),
  );
  expect(called(backend.calls, "saveText").at(-1)).toEqual(["saveText", "e0", `${FIRST}\n${INVENTED}`, [INVENTED]]);
});

test("an edit of the last moment is kept when the operator begins anew", async () => {
  const { backend, user } = await asked({ answer: (q) => answerTo(q, `${FIRST}\n${INVENTED}`) });
  await user.click(await screen.findByText("Drop it"));
  await user.keyboard("{Control>}n{/Control}");
  await screen.findByText("What does the customer ask?");
  expect(called(backend.calls, "saveText").at(-1)).toEqual(["saveText", "e0", FIRST, []]);
});

test("an answer that comes after a new conversation was begun does not enter it", async () => {
  let finish = () => {};
  const waiting = new Promise<void>((done) => {
    finish = done;
  });
  const base = fake();
  const { user } = await asked({
    ask: async (question, conversation, onEvent) => {
      base.calls.push(["asked", question, conversation]);
      if (question === "What is 75?") await waiting;
      return base.ask(question, conversation, onEvent);
    },
  });
  await user.keyboard("{Control>}n{/Control}");
  finish();
  await new Promise((done) => setTimeout(done, 20));
  await user.type(screen.getByLabelText("Question"), "Another?{Enter}");
  await waitFor(() => expect(called(base.calls, "asked").at(-1)).toEqual(["asked", "Another?", null]));
});

test("words are read as they come, and give way to the sentence that they become", async () => {
  const base = fake();
  const { wait, go } = gate();
  await asked({
    ask: async (question, conversation, onEvent) => {
      const answer = answerTo(question, FIRST);
      onEvent(passagesFound(answer.passages));
      onEvent({ event: "writing", text: "A rejection" });
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  const words = await screen.findByText("A rejection");
  expect(document.querySelector(".cm-content")).toBeNull();
  expect(screen.getByText("Stop")).toBeTruthy();
  go();
  await screen.findByText("Copy");
  expect(words.isConnected).toBe(false);
  expect(document.querySelector(".cm-line")?.textContent).toBe(FIRST);
});

test("a refusal that is known with the passages shows no card before it", async () => {
  const base = fake();
  const { wait, go } = gate();
  await asked({
    ask: async (question, conversation, onEvent) => {
      const { passages } = answerTo(question, FIRST);
      onEvent(passagesFound(passages, true));
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await waitFor(() => expect(document.querySelector("[data-turn=running]")).not.toBeNull());
  expect(screen.queryByText("Stop")).toBeNull();
  expect(screen.queryByLabelText("Passages")).toBeNull();
  go();
});

test("a model's own refusal takes the card's place", async () => {
  await asked({ answer: (q) => ({ ...answerTo(q, ""), reason: "not_covered", unknown_codes: [], look_alikes: [] }) });
  await waitFor(() => expect(document.querySelector("[data-refusal=not_covered]")).not.toBeNull());
  expect(screen.queryByText("Stop")).toBeNull();
  expect(screen.queryByLabelText("Passages")).toBeNull();
});

test("the source that the operator chose while passages came stays", async () => {
  const base = fake();
  const { wait, go } = gate();
  const { user } = await asked({
    document: async (id) => ({ ...(await base.document(id)), id, title: `About ${id}` }),
    ask: async (question, conversation, onEvent) => {
      const first = answerTo(question, FIRST).passages[0] as Passage;
      const passages = [first, { ...first, id: "other#0", document: "other", number: 2, title: "The other" }];
      onEvent(passagesFound(passages));
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await user.click(await screen.findByRole("button", { name: /The other/ }));
  const source = within(screen.getByRole("complementary"));
  await source.findByText("About other");
  await new Promise((done) => setTimeout(done, 150));
  expect(source.queryByText("About other")).not.toBeNull();
  go();
  await source.findByText("About reject-75");
});

test("whether a passage carries an answer is as the program says, whatever its score", async () => {
  const likely = { ...passage, id: "near#0", document: "near", number: 2, title: "A near one", carries: false };
  await asked({ answer: (q) => ({ ...answerTo(q), passages: [{ ...passage, score: 0.2 }, likely] }) });
  await screen.findByText("Copy");
  const chips = within(screen.getByLabelText("Passages")).getAllByRole("button");
  expect(chips.map((c) => c.textContent)).toEqual([`1${passage.title}, used`]);
  const near = await within(screen.getByRole("complementary")).findByRole("button", { name: /A near one/ });
  expect(near.textContent).toContain("weak");
});

test("a text that ends otherwise than it streamed keeps its marks", async () => {
  const base = fake();
  await asked({
    ask: async (question, conversation, onEvent) => {
      const answer = answerTo(question, `${FIRST}\nThe claim was well formed.`);
      onEvent(passagesFound(answer.passages));
      onEvent({ event: "text", piece: `${FIRST}\n` });
      await new Promise((done) => setTimeout(done, 30));
      onEvent({ event: "text", piece: "The claim was well formed.\n" });
      for (const sentence of answer.sentences) onEvent({ event: "sentence", sentence });
      await new Promise((done) => setTimeout(done, 30));
      onEvent({ event: "done", answer });
      return { answer, exchange: (await base.ask(question, conversation, () => {})).exchange };
    },
  });
  await screen.findByText("Copy");
  await waitFor(() => {
    const marks = [...document.querySelectorAll(".cm-line")].map((l) => l.getAttribute("data-mark"));
    expect(marks).toEqual(["● verbatim", "● verbatim"]);
  });
  expect((screen.getByText("Compare") as HTMLButtonElement).disabled).toBe(true);
});

test("a refusal shows what looks alike and can be labelled", async () => {
  const { backend, user } = await asked({ answer: (q) => answerTo(q, "") }, "code 7Z5");
  expect(await screen.findByText("Code 7Z5 is not in the pharmacy’s knowledge.")).toBeTruthy();
  expect(screen.getByText("one character off")).toBeTruthy();
  expect(document.querySelector(".cm-content")).toBeNull();
  await user.keyboard("{Control>}b{/Control}");
  await user.click(await screen.findByText("A document should be written"));
  await user.click(screen.getByText("Save"));
  await waitFor(() =>
    expect(called(backend.calls, "label")[0]?.[2]).toEqual({
      verdict: "bad",
      reasons: ["not_written"],
      note: "",
      sentence: null,
      right_source: null,
    }),
  );
  expect(await screen.findByText("1 label waiting")).toBeTruthy();
});

test("a failure says what to do and loses nothing", async () => {
  const { user } = await asked({
    ask: async () => {
      throw { code: "usage", message: "The question has 100000 characters." };
    },
  });
  expect((await screen.findByRole("alert")).textContent).toContain("The question has 100000 characters.");
  expect((screen.getByLabelText("Question") as HTMLTextAreaElement).value).toBe("What is 75?");
  await user.click(screen.getByText("Ask again"));
  expect((await screen.findAllByRole("alert")).length).toBe(2);
});

test("an opening that fails can be tried again", async () => {
  let tries = 0;
  const good = fake();
  const { user } = await open({
    open: async (p) => {
      tries += 1;
      if (tries === 1) throw { code: "failed", message: "The release is damaged." };
      return good.open(p);
    },
  });
  expect(await screen.findByText("The release is damaged.")).toBeTruthy();
  await user.click(screen.getByText("Try again"));
  expect(await screen.findByText("What does the customer ask?")).toBeTruthy();
});

test("before there is any knowledge, whoever is not signed in signs in with one key", async () => {
  let tries = 0;
  const good = fake();
  const { backend, user } = await open({
    open: async (p) => {
      tries += 1;
      if (tries === 1) throw { code: "sign_in", message: "nobody is signed in" };
      return good.open(p);
    },
  });
  expect(await screen.findByText("Sign in to fetch the knowledge")).toBeTruthy();
  await user.keyboard("{Enter}");
  expect(await screen.findByText("What does the customer ask?")).toBeTruthy();
  expect(called(backend.calls, "signIn").length).toBe(1);
});

test("without the model and without a place to keep, the bar says so", async () => {
  const base = await fake().open(() => {});
  const told = { ...base, embedding: null, embedding_problem: "no weights", records_problem: "read-only" };
  await open({ open: async () => told, status: async () => told });
  expect(await screen.findByText(/words only/)).toBeTruthy();
  expect(screen.getByText(/not kept/)).toBeTruthy();
});

test("HTML in a question and in a document stays text", async () => {
  const script = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const base = fake();
  const found = await base.document("x");
  await asked({ document: async () => ({ ...found, body: `${script} and **bold**` }) }, script);
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe(script);
  await waitFor(() => expect(document.querySelector(".page strong")?.textContent).toBe("bold"));
  expect(document.querySelector("script, .page img")).toBeNull();
});

test("browse finds as one types, reads by key, and leads back to a question", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}2{/Control}");
  const field = await screen.findByLabelText("Search the documents");
  expect(await screen.findByText("1 document")).toBeTruthy();
  await user.type(field, "zzz");
  expect(await screen.findByText("No document holds these words.")).toBeTruthy();
  await user.clear(field);
  await screen.findByText("1 document");
  await user.keyboard("{ArrowDown}");
  expect(await screen.findByRole("heading", { level: 2, name: /Reject 75/ })).toBeTruthy();
  const step = screen.getByRole("checkbox", { name: "Step 1" });
  await user.click(step);
  expect(step.getAttribute("aria-checked")).toBe("true");
  await user.click(screen.getByText("Ask about this"));
  expect(((await screen.findByLabelText("Question")) as HTMLTextAreaElement).value).toContain("Reject 75");
});

test("every command is on the sheet and in the palette", async () => {
  const { user } = await open();
  await user.click(await screen.findByText("What does the customer ask?"));
  await user.keyboard("?");
  const sheet = await screen.findByRole("dialog");
  expect(within(sheet).getAllByRole("definition").length).toBe(31);
  await user.keyboard("{Escape}");
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText(/^A command/), "browse{Enter}");
  expect(await screen.findByLabelText("Search the documents")).toBeTruthy();
});

test("axe finds nothing that can be seen without layout", async () => {
  const { container } = await asked();
  await screen.findByText("Copy");
  const result = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(result.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
});

const away = {
  needs_sign_in: true,
  signed_in_until: null,
  problem: null,
  embedding: "well" as const,
  reranking: null,
  generation: "open" as const,
  checking: null,
};

test("who is not signed in is told so once, signs in with one button, and the question is asked again", async () => {
  let signedIn = false;
  const { backend, user } = await asked({
    open: async () => ({ ...status, on_aws: true }),
    status: async () => ({ ...status, on_aws: true }),
    connection: async () => ({ ...away, needs_sign_in: !signedIn }),
    signIn: async () => {
      signedIn = true;
    },
    answer: (q) => ({
      ...answerTo(q),
      notices: signedIn ? [] : [{ about: "generation", fault: "sign_in", message: "nobody is signed in" }],
    }),
  });
  const note = await screen.findByRole("status");
  expect(note.textContent).toContain("Answered with the sources’ own sentences");
  expect(screen.getByText("▲ generation paused, tried again shortly")).toBeTruthy();
  await user.click(within(note).getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(called(backend.calls, "ask").length).toBe(2));
  expect(screen.queryByText(/not signed in/)).toBeNull();
});

test("a reranker is named beside the other models, and where it fails the order is said to be the search’s", async () => {
  const told = { ...status, on_aws: true, reranking: "bge-reranker" };
  await asked({
    open: async () => told,
    status: async () => told,
    connection: async () => ({ ...away, needs_sign_in: false, reranking: "shaky" as const }),
    answer: (q) => ({
      ...answerTo(q),
      notices: [{ about: "reranking", fault: "slow", message: "the reranking model took more than 0.3 s" }],
    }),
  });
  const note = await screen.findByRole("status");
  expect(note.textContent).toContain("Passages stand in the order of the search:");
  expect(within(note).queryByRole("button", { name: /Go on/ })).toBeNull();
  expect(screen.getByText(/ · bge-reranker · /)).toBeTruthy();
  expect(await screen.findByText("▲ reranking failed lately")).toBeTruthy();
});

test("an answer that broke off is kept, marked, and can be asked for again", async () => {
  const { backend, user } = await asked({
    answer: (q) => ({
      ...answerTo(q),
      incomplete: true,
      notices: [{ about: "generation", fault: "slow", message: "the model wrote nothing for 5 s" }],
    }),
  });
  const note = await screen.findByRole("status");
  expect(note.textContent).toContain("The answer broke off");
  await waitFor(() => expect(document.querySelector(".cm-content")?.textContent).toContain(FIRST));
  await user.click(within(note).getByRole("button", { name: /Ask again/ }));
  await waitFor(() => expect(called(backend.calls, "ask").length).toBe(2));
});

const broken = (question: string) => ({
  ...answerTo(question),
  incomplete: true,
  notices: [{ about: "generation" as const, fault: "slow" as const, message: "the model wrote nothing for 5 s" }],
});

test("an answer that broke off goes on from what the operator made of it, and the draft stays the draft", async () => {
  const { backend, user } = await asked({ answer: broken });
  const note = await screen.findByRole("status");
  await waitFor(() => expect(document.querySelector(".cm-content")?.textContent).toContain(FIRST));
  const mine = "Please note that the plan requires a prior authorization.";
  await user.click(document.querySelector(".cm-content") as Element);
  const editor = EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement);
  editor?.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: mine } });
  expect(within(note).getByRole("button", { name: /^Go on/ })).toBeTruthy();
  await user.keyboard("{Control>}{Shift>}R{/Shift}{/Control}");
  await waitFor(() => expect(screen.queryByRole("status")).toBeNull());
  // What was typed is kept before it goes on, and stands there with what is new.
  const order = backend.calls.map((c) => c[0]).filter((c) => c === "saveText" || c === "goOn");
  expect(order).toEqual(["saveText", "goOn"]);
  await waitFor(() => expect(editor?.state.doc.toString()).toBe(`${mine}\n${SECOND}`));
  await waitFor(() => {
    const marks = [...document.querySelectorAll(".cm-line")].map((l) => l.getAttribute("data-mark"));
    expect(marks).toEqual(["▲ no source", "● verbatim"]);
  });
  await user.click(screen.getByText("Compare"));
  await waitFor(() => expect(document.querySelector(".cm-deletedChunk")?.textContent).toContain(FIRST));
  expect(document.querySelector(".cm-deletedChunk")?.textContent).not.toContain(SECOND);
});

test("an answer that cannot go on stays as it is, and says why", async () => {
  const { user } = await asked({
    answer: broken,
    goOn: async () => {
      throw { code: "failed", message: "The disk is full." };
    },
  });
  const note = await screen.findByRole("status");
  await user.click(within(note).getByRole("button", { name: /^Go on/ }));
  expect(await screen.findByText(/The disk is full/)).toBeTruthy();
  expect(document.querySelector(".cm-content")?.textContent).toContain(FIRST);
});

test("what IT has set cannot be changed, and says who set it", async () => {
  const locked = {
    ...status,
    on_aws: true,
    tenants: ["clinic", "pharmacy"],
    answers_locked: "/etc/mortar/tenants/pharmacy.toml",
  };
  const { backend, user } = await open({ open: async () => locked, status: async () => locked });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>},{/Control}");
  const sheet = within(await screen.findByRole("dialog"));
  expect(sheet.getByText("Set by IT, in /etc/mortar/tenants/pharmacy.toml.")).toBeTruthy();
  expect((sheet.getByLabelText("By the model") as HTMLInputElement).closest("fieldset")?.disabled).toBe(true);
  await user.click(sheet.getByLabelText("clinic"));
  await waitFor(() => expect(called(backend.calls, "switchTenant")).toEqual([["switchTenant", "clinic"]]));
  expect((await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } })).violations).toEqual([]);
});

test("the settings say which Mortar it is", async () => {
  const { user } = await open();
  await user.keyboard("{Control>},{/Control}");
  expect(await within(await screen.findByRole("dialog")).findByText("Mortar 0.1.0")).toBeTruthy();
});
