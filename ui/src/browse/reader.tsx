// The document that is read, with its steps to be ticked off.
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { asError, type Document } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useFields, useNavigation } from "../session/navigation";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { DocumentHead } from "../sources/document-head";
import { Findable } from "../sources/finding";
import { DocumentText } from "../sources/markdown";
import { useReading } from "../sources/shelf";
import { sought } from "../sources/sought";
import { useFilter } from "./filter";
import { useTicks } from "./ticks";

export function Reader() {
  const { filter } = useFilter();
  if (filter.document === null) return <p className="m-auto text-[13px] text-faint">{strings.chooseDocument}</p>;
  return <Read id={filter.document} />;
}

function Read({ id }: { id: string }) {
  const backend = useBackend();
  const { data, error } = useQuery({ queryKey: ["document", id], queryFn: () => backend.document(id) });
  const changed = useChanged(data);
  const gone = error !== null && asError(error).code === "no_document";
  if (error && !data)
    return (
      <Told
        className="m-auto max-w-[300px] px-5 text-center text-[13px] text-warn"
        of={gone ? { words: strings.withdrawnWhy, more: null } : plainError(asError(error), strings.didNotWork)}
      />
    );
  if (!data) return null;
  const note = error
    ? gone
      ? strings.withdrawnOpen
      : plainError(asError(error), strings.didNotWork).words
    : changed
      ? strings.changedOpen
      : null;
  return <Page document={data} note={note} />;
}

/** Whether the document became another while it is being read. */
function useChanged(document: Document | undefined): boolean {
  const [first, setFirst] = useState(document);
  if (first?.id !== document?.id) setFirst(document);
  return first !== undefined && first.id === document?.id && first.body !== document.body;
}

function Page({ document, note }: { document: Document; note: string | null }) {
  const page = useRef<HTMLElement>(null);
  const askAbout = useAskAbout();
  const ticks = useTicks(document.id);
  useReading(document, useNavigation().screen === "browse");
  const { filter } = useFilter();
  const { place, sought: words } = filter;
  const lit = useMemo(() => place ?? sought(document.body, words), [document.body, place, words]);
  // Before the text goes to what is lit up in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another document begins at its top
  useLayoutEffect(() => {
    if (page.current) page.current.scrollTop = 0;
  }, [document.id]);
  const headings = document.body.split("\n").flatMap((l) => (/^#{1,3} /.test(l) ? [l.replace(/^#+ /, "")] : []));
  const go = (words: string) =>
    [...(page.current?.querySelectorAll("h1,h2,h3") ?? [])]
      .find((h) => h.textContent === words)
      ?.scrollIntoView({ block: "start" });
  return (
    <>
      <DocumentHead document={document} />
      {note && (
        <p role="status" className="border-b border-line bg-warn-bg px-5 py-2 text-[12.5px] font-medium text-warn">
          ▲ {note}
        </p>
      )}
      {headings.length > 1 && (
        <nav
          aria-label={strings.onThisPage}
          className="flex flex-wrap gap-x-3 print:hidden border-b border-line px-5 py-1.5"
        >
          {headings.map((h) => (
            <button type="button" key={h} className="text-[12.5px] text-accent hover:underline" onClick={() => go(h)}>
              {h}
            </button>
          ))}
        </nav>
      )}
      <Findable key={document.id} screen="browse" label={document.title} page={page}>
        {(finding) => <DocumentText body={document.body} range={lit} ticks={ticks} finding={finding} />}
      </Findable>
      <footer className="border-t border-line px-5 py-2.5 print:hidden">
        <Button onClick={() => askAbout(document)}>{strings.askAbout}</Button>
      </footer>
    </>
  );
}

/** Begins a question about a document, behind what is typed already. */
function useAskAbout() {
  const { go } = useNavigation();
  const { question } = useFields();
  return ({ kind, title }: Document) => {
    const words = kind === "qa" || kind === "code" ? title : `${title}: `;
    go("ask");
    question.current?.change((now) => (now.trim() ? `${now}\n${words}` : words));
  };
}
