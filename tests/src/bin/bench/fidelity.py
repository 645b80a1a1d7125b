"""How much of a file is kept: help articles and code tables as other programs write them (pandoc, LibreOffice, openpyxl),
read by Mortar, pandoc and markitdown and held against what was written.

    python fidelity.py MORTAR DATA WORK    # DATA has va_help and ncpdp_lookup; WORK is an empty folder, or that of a run before

Needs pandoc, soffice, and of Python openpyxl and markitdown[all]. Prints the table of docs/MEASURED.md."""

import collections
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

import openpyxl
from markitdown import MarkItDown

MORTAR, DATA, WORK = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
PAGES = 60
ROWS = 8  # of the table in each page


def lines(name):
    return [json.loads(l) for l in open(DATA / name / "corpus.jsonl", encoding="utf-8")]


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, env=ENV).stdout.decode()


ENV = {**os.environ, "MORTAR_HOME": str(WORK / "home"), "MORTAR_MODELS": str(WORK / "none")}


def plain(text):
    return " ".join(unicodedata.normalize("NFKC", text).split())


def escaped(text):
    return re.sub(r"([\\`*_{}\[\]<>#|~$^@])", r"\\\1", plain(text))


def pages():
    """Each a title, sections of heading and paragraphs, and a table of codes."""
    by_page = collections.defaultdict(list)
    for d in lines("va_help"):
        by_page[d["_id"].split("#")[0]].append(d)
    codes = [(d["metadata"]["code"], plain(d["text"])) for d in lines("ncpdp_lookup") if d["_id"].startswith("reject")]
    out = []
    for sections in by_page.values():
        if len(sections) < 3:
            continue
        # The corpus has no headings: the first words of each part are one.
        headings = [f"Part {n}: {' '.join(plain(s['text']).split()[:6])}" for n, s in enumerate(sections, 1)]
        at = len(out) * ROWS
        body = [(h, [plain(p) for p in s["text"].split("\n") if p.strip()]) for h, s in zip(headings, sections)]
        out.append({"title": f"Page {len(out) + 1} of the help", "sections": body, "rows": codes[at : at + ROWS]})
        if len(out) == PAGES:
            break
    return out


def markdown(page):
    out = [f"# {page['title']}"]
    for heading, paragraphs in page["sections"]:
        out += [f"## {escaped(heading)}", *map(escaped, paragraphs)]
    table = ["| Code | Meaning |", "|---|---|", *(f"| {escaped(c)} | {escaped(m)} |" for c, m in page["rows"])]
    return "\n\n".join([*out, "## Codes", "\n".join(table)]) + "\n"


def make(all_pages):
    for format in ["docx", "html", "odt", "rtf", "pdf"]:
        (WORK / format).mkdir(parents=True)
    for n, page in enumerate(all_pages):
        source = WORK / f"p{n:03}.md"
        source.write_text(markdown(page), encoding="utf-8")
        for format in ["docx", "html", "odt", "rtf"]:
            more = ["--metadata", f"title=p{n:03}"] if format == "html" else []
            run("pandoc", "-f", "markdown-auto_identifiers", "-s", *more, source, "-o", WORK / format / f"p{n:03}.{format}")
    run("soffice", "--headless", "--convert-to", "pdf", "--outdir", WORK / "pdf", *sorted((WORK / "docx").glob("*.docx")))


def of_mortar(format):
    release = WORK / f"release-{format}"
    run(MORTAR, "kb", "build", WORK / format, "--out", release, "--skip-bad")
    out = {}
    for n in range(PAGES):
        d = json.loads(run(MORTAR, "browse", f"p{n:03}", "--json", "--release", release))
        out[n] = f"# {d['title']}\n\n{d['body']}"
    return out


def of_pandoc(format):
    if format == "pdf":
        return None
    one = lambda n: run("pandoc", WORK / format / f"p{n:03}.{format}", "-t", "gfm", "--wrap=none")
    return {n: one(n) for n in range(PAGES)}


def of_markitdown(format):
    if format in ["odt", "rtf"]:
        return None
    reader = MarkItDown()
    return {n: reader.convert(str(WORK / format / f"p{n:03}.{format}")).text_content for n in range(PAGES)}


def words(text):
    text = unicodedata.normalize("NFKC", re.sub(r"\\(.)", r"\1", text))
    return collections.Counter(re.findall(r"\w+", text.lower()))


def kept(want, got):
    return sum((want & got).values()), sum(want.values())


def numbers(counter):
    return collections.Counter({w: n for w, n in counter.items() if any(c.isdigit() for c in w)})


def letters(text):
    return "".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower()))


def headings(text):
    found = re.findall(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*$", text, re.M)
    return collections.Counter(letters(h) for h in found)


def cells(text, rows):
    """Cells that stand with their head: in a line that names each, or below a row of heads."""
    found = set()
    head = None
    for line in text.replace("**", "").split("\n"):
        parts = [p.strip() for p in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not parts or len(parts) < 2:
            head = None if not line.strip().startswith("|") and line.strip() else head
            continue
        if [letters(p) for p in parts[:2]] == ["code", "meaning"]:
            head = parts
        elif all(re.match(r"^(Code|Meaning): ", p) for p in parts):
            row = dict(p.split(": ", 1) for p in parts)
            found.add((letters(row["Code"]), letters(row["Meaning"])))
        elif head and len(parts) == 2:
            found.add((letters(parts[0]), letters(parts[1])))
    return sum(2 for c, m in rows if (letters(c), letters(m)) in found), 2 * len(rows)


def share(pair):
    right, of = pair
    return f"{right / of:.4f}".lstrip("0") if right < of else "1.0000"


def add(a, b):
    return a[0] + b[0], a[1] + b[1]


def measured(all_pages, texts):
    sums = [(0, 0)] * 4
    for n, page in enumerate(all_pages):
        source = [page["title"], "Codes", "Code Meaning"]
        source += [t for h, ps in page["sections"] for t in [h, *ps]] + [t for row in page["rows"] for t in row]
        want, got = words("\n".join(source)), words(texts[n])
        for word in ["code", "meaning"]:  # a reader may name the head with each cell, or once
            want.pop(word, None)
        titles = collections.Counter(letters(h) for h in [page["title"], "Codes", *(h for h, _ in page["sections"])])
        parts = [kept(want, got), kept(numbers(want), numbers(got)), kept(titles, headings(texts[n])), cells(texts[n], page["rows"])]
        sums = [add(a, b) for a, b in zip(sums, parts)]
    return [share(s) for s in sums]


def tables():
    """The code tables: every cell of every row must come back to the letter."""
    rows = []
    for d in lines("ncpdp_lookup"):
        table, code = d["metadata"]["table"], d["metadata"]["code"]
        rows.append((f"{table}-{code}".replace(" ", "-"), f"{plain(d['title'])}?", plain(d["text"]), f"{table} {code}"))
    rows = list({r[0].lower(): r for r in rows}.values())
    names = ["id", "title", "text", "tags"]
    folder = WORK / "tables"
    folder.mkdir(exist_ok=True)
    with open(folder / "t.csv", "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([names, *rows])
    book = openpyxl.Workbook()
    for row in [names, *rows]:
        book.active.append(row)
    book.save(folder / "t.xlsx")
    for format in ["ods", "xls"]:
        run("soffice", "--headless", "--convert-to", format, "--outdir", folder, folder / "t.xlsx")
    for format in ["csv", "xlsx", "ods", "xls"]:
        release = WORK / f"release-t-{format}"
        run(MORTAR, "kb", "build", folder / f"t.{format}", "--out", release, "--skip-bad")
        got = {d["id"]: d for d in json.loads(run(MORTAR, "browse", "--json", "--release", release))}
        right = sum((got.get(i) is not None) + (got.get(i, {}).get("title") == t) + (got.get(i, {}).get("tags") == [g]) for i, t, _, g in rows)
        for i, _, text, _ in rows[:: len(rows) // 100]:
            body = json.loads(run(MORTAR, "browse", i, "--json", "--release", release))["body"] if i in got else ""
            right += plain(body) == text
        of = 3 * len(rows) + len(rows[:: len(rows) // 100])
        print(f"| {format.upper()}, {len(rows)} rows | {right} of {of} |")


if __name__ == "__main__":
    all_pages = pages()
    if not (WORK / "pdf").exists():
        make(all_pages)
    print("| | read by | words | numbers | headings | cells with their head |\n|---|---|---|---|---|---|")
    for format in ["docx", "odt", "rtf", "html", "pdf"]:
        for name, reader in [("Mortar", of_mortar), ("pandoc", of_pandoc), ("markitdown", of_markitdown)]:
            texts = reader(format)
            if texts:
                print(f"| {format.upper()} | {name} | {' | '.join(measured(all_pages, texts))} |", flush=True)
    print("\n| table | cells kept |\n|---|---|")
    tables()
