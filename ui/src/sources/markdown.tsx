// A document's text as a page, with a byte range of it lit up. The text is untrusted: it becomes
// elements through a sanitiser, never HTML.
import type { Element, Nodes, Root, RootContent } from "hast";
import {
  Children,
  cloneElement,
  isValidElement,
  memo,
  type ReactNode,
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

export type Range = { start: number; end: number };

/** Wraps the part of each text node that lies in the range into <mark>. */
export function highlight(range: { from: number; to: number } | null) {
  return () => (tree: Root) => {
    if (range) walk(tree, range);
  };
}

function walk(parent: Nodes, range: { from: number; to: number }) {
  if (!("children" in parent)) return;
  const out: RootContent[] = [];
  for (const child of parent.children as RootContent[]) {
    const start = child.position?.start.offset;
    const end = child.position?.end.offset;
    if (child.type !== "text" || start === undefined || end === undefined || end <= range.from || start >= range.to) {
      walk(child, range);
      out.push(child);
      continue;
    }
    const mark = (value: string): Element => ({
      type: "element",
      tagName: "mark",
      properties: {},
      children: [{ type: "text", value }],
    });
    // Escapes and entities make the shown text shorter than its source: then the whole of it is lit.
    if (child.value.length !== end - start) {
      out.push(mark(child.value));
      continue;
    }
    const a = Math.max(0, range.from - start);
    const b = Math.min(child.value.length, range.to - start);
    if (a > 0) out.push({ type: "text", value: child.value.slice(0, a) });
    out.push(mark(child.value.slice(a, b)));
    if (b < child.value.length) out.push({ type: "text", value: child.value.slice(b) });
  }
  (parent as Element).children = out as Element["children"];
}

type Props = { body: string; range?: Range | null; steps?: boolean };

export const DocumentText = memo(function DocumentText({ body, range, steps }: Props) {
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
    if (lit) ref.current?.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  }, [lit]);
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
      <Markdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize, highlight(lit)]}
        components={components}
        skipHtml
      >
        {body}
      </Markdown>
    </div>
  );
});

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
