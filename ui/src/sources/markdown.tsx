// A document's text as a page, with a byte range of it lit up. The text is untrusted: it becomes
// elements through a sanitiser, never HTML.
import {
  Children,
  type ComponentProps,
  cloneElement,
  isValidElement,
  memo,
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import Markdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { useBackend } from "../backend/context";
import { indexOfByte } from "../shared/bytes";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import type { Finding } from "./finding";
import { highlight, hits } from "./lit";

export type Range = { start: number; end: number };

type RehypePlugins = NonNullable<ComponentProps<typeof Markdown>["rehypePlugins"]>;

type Props = { body: string; range?: Range | null; steps?: boolean; finding?: Finding };

const NOTHING: Finding = { words: "", at: 0, onFound: () => {} };

export const DocumentText = memo(function DocumentText({ body, range, steps, finding = NOTHING }: Props) {
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
  const plugins = useMemo<RehypePlugins>(() => [rehypeSanitize, highlight(lit), hits(words)], [lit, words]);
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
      ol: ({ children, start }: { children?: ReactNode; start?: number | undefined }) => (
        <Steps first={start ?? 1} check={Boolean(steps)}>
          {children}
        </Steps>
      ),
    }),
    [backend, steps, fail],
  );
  return (
    <div ref={ref} className="page text-[13.5px] leading-[1.62] text-soft">
      <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={plugins} components={components} skipHtml>
        {body}
      </Markdown>
    </div>
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

/** A numbered list; in Browse with a check mark a step, for the call at hand. */
function Steps({ children, first, check }: { children?: ReactNode; first: number; check: boolean }) {
  const items = Children.toArray(children).filter((c) => isValidElement<{ children?: ReactNode }>(c));
  const [done, setDone] = useState<ReadonlySet<number>>(new Set());
  const toggle = (i: number) =>
    setDone((d) => {
      const next = new Set(d);
      if (!next.delete(i)) next.add(i);
      return next;
    });
  return (
    <ol>
      {items.map((item, i) => {
        const number = first + i;
        const marker = check ? (
          <button
            key="marker"
            type="button"
            role="checkbox"
            aria-checked={done.has(i)}
            aria-label={strings.stepDone(number)}
            onClick={() => toggle(i)}
            className={`mt-0.5 size-[19px] rounded border text-[11px] leading-none ${done.has(i) ? "border-accent bg-accent text-on-accent" : "border-faint text-soft"}`}
          >
            {done.has(i) ? "✓" : number}
          </button>
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
