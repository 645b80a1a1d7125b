// A document's text as a page, with a byte range of it lit up. The text is untrusted: it becomes
// elements through a sanitiser, never HTML.
import type { Element } from "hast";
import {
  Children,
  type ComponentProps,
  cloneElement,
  createContext,
  isValidElement,
  memo,
  type ReactNode,
  type RefObject,
  useContext,
  useEffect,
  useMemo,
  useRef,
} from "react";
import Markdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { useBackend } from "../backend/context";
import type { Ticks } from "../browse/ticks";
import { indexOfByte } from "../shared/bytes";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import type { Finding } from "./finding";
import { highlight, hits, lists, wordsOf } from "./lit";

export type Range = { start: number; end: number };

type RehypePlugins = NonNullable<ComponentProps<typeof Markdown>["rehypePlugins"]>;

type Props = { body: string; range?: Range | null; ticks?: Ticks; finding?: Finding };

const NOTHING: Finding = { words: "", at: 0, onFound: () => {} };

export const DocumentText = memo(function DocumentText({ body, range, ticks, finding = NOTHING }: Props) {
  const backend = useBackend();
  const { fail } = useSaid();
  const ref = useRef<HTMLDivElement>(null);
  const start = range?.start;
  const end = range?.end;
  const lit = useMemo(
    () =>
      start === undefined || end === undefined ? null : { from: indexOfByte(body, start), to: indexOfByte(body, end) },
    [body, start, end],
  );
  useEffect(() => {
    if (lit) ref.current?.querySelector("mark")?.scrollIntoView({ block: "center" });
  }, [lit]);
  const { words, at, onFound } = finding;
  useHits(ref, body, words, at, onFound);
  const plugins = useMemo<RehypePlugins>(() => [rehypeSanitize, lists, highlight(lit), hits(words)], [lit, words]);
  const components = useMemo(
    () => ({
      a: ({ href, children }: { href?: string | undefined; children?: ReactNode }) => (
        <button
          type="button"
          className="text-accent underline"
          onClick={() => href && backend.openLink(href).catch(fail)}
        >
          {children}
        </button>
      ),
      // Nothing is ever fetched from elsewhere: an image is its words.
      img: ({ alt }: { alt?: string | undefined }) => <em>{alt}</em>,
      ol: ({
        children,
        start,
        node,
      }: {
        children?: ReactNode;
        start?: number | undefined;
        node?: Element | undefined;
      }) => (
        <Steps first={start ?? 1} list={node}>
          {children}
        </Steps>
      ),
    }),
    [backend, fail],
  );
  const text = useMemo(
    () => (
      <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={plugins} components={components} skipHtml>
        {body}
      </Markdown>
    ),
    [body, plugins, components],
  );
  return (
    <TicksContext value={ticks ?? null}>
      <div ref={ref} className="page text-[13.5px] leading-[1.62] text-soft">
        {text}
      </div>
    </TicksContext>
  );
});

/** Counts the places of the words, and shows the one that is looked at. */
function useHits(
  text: RefObject<HTMLElement | null>,
  body: string,
  words: string,
  at: number,
  onFound: Finding["onFound"],
) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the marks follow the text
  useEffect(() => {
    const marks = [...(text.current?.querySelectorAll<HTMLElement>("mark[data-hit]") ?? [])];
    for (const m of marks) m.toggleAttribute("data-here", Number(m.dataset.hit) === at);
    marks.find((m) => Number(m.dataset.hit) === at)?.scrollIntoView({ block: "center" });
    if (words !== "") onFound(Number(marks.at(-1)?.dataset.hit ?? -1) + 1);
  }, [text, body, words, at, onFound]);
}

/** What may be ticked off, where steps may be: drawn anew with each tick, unlike the text around it. */
const TicksContext = createContext<Ticks | null>(null);

/** A numbered list; in Browse with a check mark a step, for the call at hand. */
function Steps({ children, first, list }: { children?: ReactNode; first: number; list: Element | undefined }) {
  const ticks = useContext(TicksContext);
  const items = Children.toArray(children).filter((c) => isValidElement<{ children?: ReactNode }>(c));
  const words = list?.children.filter((c) => c.type === "element").map((c) => wordsOf(c).trim()) ?? [];
  return (
    <ol>
      {items.map((item, i) => {
        const number = first + i;
        // A step that reads otherwise in another release is not done.
        const step = `${list?.properties.dataList} ${number} ${words[i]}`;
        const marker = ticks ? (
          <Tick key="marker" number={number} done={ticks.done.has(step)} onToggle={() => ticks.toggle(step)} />
        ) : (
          <span key="marker" aria-hidden className="text-right text-faint">
            {number}.
          </span>
        );
        return cloneElement(item, { key: number, className: "mb-1 grid grid-cols-[26px_1fr] gap-1" } as object, [
          marker,
          <div key="words">{item.props.children}</div>,
        ]);
      })}
    </ol>
  );
}

function Tick({ number, done, onToggle }: { number: number; done: boolean; onToggle: () => void }) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={done}
      aria-label={strings.stepDone(number)}
      onClick={onToggle}
      className={`mt-0.5 size-[19px] rounded border text-[11px] leading-none ${done ? "border-accent bg-accent text-on-accent" : "border-faint text-soft"}`}
    >
      {done ? "✓" : number}
    </button>
  );
}
