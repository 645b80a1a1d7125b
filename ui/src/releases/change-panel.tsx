// One change, both sides of it, and what people think of it.
import { type ReactNode, useState } from "react";
import type { AnsweredOtherwise, Changed, FactChange, Mark, Piece, Seen, Weighed } from "../backend/backend";
import { moment, strings } from "../shared/strings";
import { Button, Kbd } from "../shared/ui";
import { useDoing, useReviewing } from "./reviewing";
import { because, marksOf, type Row } from "./rows";

const words = strings.reviewing;

const MARKS: [Mark, string][] = [
  ["wanted", "Y"],
  ["unwanted", "N"],
  ["irrelevant", "I"],
];

export function ChangePanel() {
  const { chosen, both, weighed, sides } = useReviewing();
  return (
    <>
      <div className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label={words.changeDetail}>
        {both ? (
          <Answers question={both} weighed={weighed} />
        ) : chosen ? (
          <Detail row={chosen} weighed={weighed} />
        ) : (
          <p className="px-5 py-6 text-center text-[13px] text-faint">{words.chooseChange}</p>
        )}
      </div>
      {!both && chosen?.of.kind === "answer" && <Marking />}
      {sides && <AskBoth />}
    </>
  );
}

function Detail({ row, weighed }: { row: Row; weighed: Weighed | null }) {
  const { of } = row;
  if (of.kind === "answer")
    return (
      <>
        <Answers question={of.question} weighed={weighed} />
        <Said row={row} weighed={weighed} />
      </>
    );
  return (
    <>
      <Title words={row.title} small={`${row.what} · ${row.short}`} />
      {of.kind === "fact" && <Fact fact={of.fact} />}
      {of.kind === "changed" && <Document changed={of.changed} />}
      {of.kind === "other" && (
        <Part title={strings.documents(of.documents.length)}>
          {of.documents.map((d) => (
            <p key={d} className="break-words">
              {d}
            </p>
          ))}
        </Part>
      )}
    </>
  );
}

function Title({ words, small }: { words: string; small: string }) {
  return (
    <header className="border-b border-line px-5 py-4">
      <h2 className="text-[15px] font-semibold break-words">{words}</h2>
      <p className="mt-0.5 text-[12.5px] break-words text-faint">{small}</p>
    </header>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-b border-line px-5 py-3 text-[13.5px] leading-relaxed">
      <h3 className="mb-1 text-[11.5px] font-semibold break-words text-faint">{title}</h3>
      {children}
    </section>
  );
}

/** What both answer, and the lines of the documents that made the difference. */
function Answers({ question, weighed }: { question: AnsweredOtherwise; weighed: Weighed | null }) {
  const { sides } = useReviewing();
  const { ask, after, as_of, became } = question;
  const small = [after && `↳ ${after}`, as_of, words.became[became]].filter(Boolean).join(" · ");
  const changed = weighed ? because(question, weighed.difference.changed) : [];
  return (
    <>
      <Title words={ask} small={small} />
      <Part title={words.shownBy(weighed?.to ?? sides?.to ?? "", weighed?.before ?? "")}>
        <Answer seen={question.a} />
      </Part>
      <Part title={words.shownBy(weighed?.from ?? sides?.from ?? "", weighed?.number ?? "")}>
        <Answer seen={question.b} />
      </Part>
      {changed.map((c) => (
        <Part key={c.document} title={words.because(c.title)}>
          <Differences changed={c} />
        </Part>
      ))}
    </>
  );
}

function Answer({ seen }: { seen: Seen }) {
  if (seen.abstained) return <p className="font-medium text-warn">▲ {words.refusedIt}</p>;
  const [first] = seen.found;
  return (
    <>
      <p className="break-words whitespace-pre-line">{seen.answer}</p>
      {first && (
        <p className="mt-1 text-[12px] break-words text-faint">
          {seen.weakest && `${strings.mark[seen.weakest]} ${strings.grounding[seen.weakest]} · `}
          {first}
        </p>
      )}
    </>
  );
}

function Fact({ fact }: { fact: FactChange }) {
  return (
    <>
      <Part title={`${words.was} · ${fact.was ?? words.nothing}`}>
        <p className="break-words">{fact.before || words.nothing}</p>
      </Part>
      <Part title={`${words.is} · ${fact.is ?? words.nothing}`}>
        <p className="break-words">{fact.after || words.nothing}</p>
      </Part>
    </>
  );
}

function Document({ changed }: { changed: Changed }) {
  return (
    <Part title={changed.document}>
      <Differences changed={changed} />
    </Part>
  );
}

function Differences({ changed }: { changed: Changed }) {
  return (
    <>
      {changed.fields.map((f) => (
        <p key={f.field} className="mb-1 break-words">
          <span className="text-faint">{f.field}: </span>
          {f.was && <Out text={f.was} />} {f.is && <In text={f.is} />}
        </p>
      ))}
      {changed.words.length > 0 && (
        <p className="break-words whitespace-pre-line">
          {changed.words.map((piece, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a text stays as it is
            <Words key={n} piece={piece} />
          ))}
        </p>
      )}
    </>
  );
}

function Words({ piece }: { piece: Piece }) {
  if ("same" in piece) return piece.same;
  return "out" in piece ? <Out text={piece.out} /> : <In text={piece.in} />;
}

const Out = ({ text }: { text: string }) => <del className="text-bad">{text}</del>;
const In = ({ text }: { text: string }) => <ins className="rounded bg-accent-bg text-accent no-underline">{text}</ins>;

/** What reviewers have said of it. */
function Said({ row, weighed }: { row: Row; weighed: Weighed | null }) {
  const marks = marksOf(row, weighed?.review ?? []);
  if (marks.length === 0) return null;
  return (
    <Part title={words.figures.reviewers}>
      {marks.map((m) => (
        <p key={m.by} title={moment(m.at)} className="break-words">
          {words.saidBy(m.by, m.mark)}
          {m.note && <span className="text-soft"> · {m.note}</span>}
        </p>
      ))}
    </Part>
  );
}

function Marking() {
  const { note, setNote, store } = useReviewing();
  const { mark, golden } = useDoing();
  if (store.data?.read_only) return null;
  return (
    <div className="border-t border-line px-5 py-3">
      <textarea
        aria-label={words.noteFor}
        placeholder={words.notePlaceholder}
        rows={2}
        value={note}
        onChange={(e) => setNote(e.target.value)}
        className="mb-2 w-full resize-none rounded-lg border border-line bg-panel px-2.5 py-1.5 text-[13px] outline-none focus:border-accent"
      />
      <div className="flex flex-wrap gap-2">
        {MARKS.map(([of, keys]) => (
          <Button key={of} keys={keys} onClick={() => mark(of)}>
            {words.marks[of]}
          </Button>
        ))}
        <Button keys="G" onClick={golden}>
          {words.makeGolden}
        </Button>
      </div>
    </div>
  );
}

function AskBoth() {
  const { asking } = useReviewing();
  const { ask } = useDoing();
  const [typed, setTyped] = useState("");
  return (
    <form
      className="border-t border-line px-5 py-3"
      onSubmit={(e) => {
        e.preventDefault();
        ask(typed);
      }}
    >
      <div className="flex items-center gap-2 rounded-lg border border-line bg-panel px-2.5 py-1.5 focus-within:border-accent">
        <input
          id="ask-both"
          aria-label={words.askBoth}
          placeholder={asking ? words.askingBoth : words.askBothPlaceholder}
          value={typed}
          readOnly={asking}
          onChange={(e) => setTyped(e.target.value)}
          className="min-w-0 flex-1 bg-transparent text-[13px] outline-none"
        />
        <Kbd keys="B" hint />
      </div>
    </form>
  );
}
