//! Pages: all of a page and nothing but the page; front matter in its forms.

use super::*;

fn read(name: &str, text: &str) -> (Document, Vec<String>) {
    let got = one(name, text.as_bytes());
    let said = got.findings.iter().map(|f| f.reason.clone()).collect();
    assert!(got.findings.iter().all(|f| !f.stops), "{:?}", got.findings);
    (got.documents[0].clone(), said)
}

fn refused(name: &str, text: &str) -> String {
    let got = one(name, text.as_bytes());
    assert!(got.documents.is_empty(), "{text}");
    got.findings.iter().find(|f| f.stops).unwrap().to_string()
}

#[test]
fn front_matter_comes_in_forms() {
    for text in [
        "---\ntitle: Desk\nversion: 1.10\ncodes: [08, NO, 1E10]\n---\n\nOpen.",
        "--- \r\ntitle:   Desk \r\nversion: 1.10\r\ncodes:\r\n  - 08\r\n  - NO\r\n  - 1E10\r\n---\t\r\n\r\nOpen.\r\n",
        "---\ntitle: Desk\nversion: 1.10\ncodes: [08, NO, 1E10]\n...\nOpen.",
        "+++\ntitle = \"Desk\"\nversion = 1.10\ncodes = [\"08\", \"NO\", \"1E10\"]\n+++\n\nOpen.",
    ] {
        let (d, said) = read("d.md", text);
        assert_eq!(
            (d.title.as_str(), d.version.as_str(), d.body.as_str()),
            ("Desk", "1.10", "Open.")
        );
        assert_eq!(
            (d.codes, said),
            (vec!["08".to_owned(), "NO".into(), "1E10".into()], vec![])
        );
    }
    let (d, _) = read("d.md", "+++\neffective_to = 2025-01-01\n+++\nOpen.");
    assert_eq!(d.effective_to, Some("2025-01-01".parse().unwrap()));
    let (d, _) = read("d.md", "---\n---\nOpen.");
    assert_eq!(d.body, "Open.");
    for (text, why) in [
        ("---\ntitle: x\n\nOpen.", "begins with --- and never ends"),
        ("+++\ntitle = 1\nOpen.", "begins with +++ and never ends"),
        ("---\n- a\n---\nOpen.", "it holds no keys"),
        ("+++\ntitle = \n+++\nOpen.", "no TOML"),
        (
            "---\ntitle: {a: b}\n---\nOpen.",
            "“title” is neither a text nor a list of texts",
        ),
        ("---\ntitle: a\nTitle: b\n---\nOpen.", "“Title” is there twice"),
    ] {
        assert!(refused("d.md", text).contains(why), "{text}");
    }
}

#[test]
fn keys_that_could_decide_stop_and_others_are_named() {
    for (key, like) in [
        ("draft: true", "a state"),
        ("status: review", "a state"),
        ("expires: 2025-12-31", "an end"),
        ("valid_until: 2025-12-31", "an end"),
        ("expiryDate: 2025-12-31", "an end"),
    ] {
        let said = refused("d.md", &format!("---\ntitle: T\n{key}\n---\nText."));
        assert!(said.contains(&format!("looks like {like}")), "{said}");
        let (name, value) = key.split_once(": ").unwrap();
        let said = refused("d.html", &format!("<meta name={name} content=\"{value}\"><p>Text."));
        assert!(said.contains(&format!("looks like {like}")), "{said}");
    }
    let (_, said) = read("d.md", "---\nlayout: page\ndraft: false\nauthor: {name: A}\n---\nText.");
    assert_eq!(said, ["not used: author, draft, layout"]);
    let page = "<meta name=viewport content=x><meta name=apple-mobile-web-app-status-bar-style content=x><p>Text.";
    assert_eq!(read("d.html", page).1, [""; 0]);
}

#[test]
fn a_heading_is_the_title_once_and_none_is_lost() {
    for (text, title, body) in [
        ("# Desk\n\nOpen.", "Desk", "Open."),
        (
            "Desk\n====\n\nOpen.\n\nHours\n---\n\nAt 7.",
            "Desk",
            "Open.\n\n## Hours\n\nAt 7.",
        ),
        ("---\ntitle: Desk\n---\n\n# Desk\n\nOpen.", "Desk", "Open."),
        (
            "---\ntitle: Desk\n---\n\n# WITHDRAWN\n\nOpen.",
            "Desk",
            "# WITHDRAWN\n\nOpen.",
        ),
        ("## Desk\n\nOpen.", "Desk", "## Desk\n\nOpen."),
        ("# Desk #\nOpen.", "Desk", "Open."),
    ] {
        let (d, said) = read("d.md", text);
        assert_eq!(
            (d.title.as_str(), d.body.as_str(), said),
            (title, body, vec![]),
            "{text}"
        );
    }
    let page = "<title>Desk | Help</title><h1>Desk</h1><p>Open.</p>";
    assert_eq!(read("d.html", page).0.body, "Open.");
    let page = "<meta name=title content=Desk><h1>Desk: withdrawn</h1><p>Open.</p>";
    assert_eq!(read("d.html", page).0.body, "# Desk: withdrawn\n\nOpen.");
}

#[test]
fn what_a_reader_of_markdown_does_not_see_is_left_out_and_told() {
    for (text, body, told) in [
        ("A.\n\n<!-- secret\n\nmore -->\n\nB.", "A.\n\nB.", "secret more"),
        ("A <!-- secret --> b.", "A b.", "secret"),
        ("Up to ~~5~~ 2 times.", "Up to 2 times.", "5"),
        ("Up to <del>5</del> 2 times.", "Up to 2 times.", "5"),
        (
            "A.\n\n<div hidden>\n\nsecret **b**\n\n<div>x</div>\n\n</div>\n\nB.",
            "A.\n\nB.",
            "secret",
        ),
        ("A <span style=\"display:none\">secret</span> b.", "A b.", "secret"),
        ("A.\n\n[//]: # (secret)\n\nB.", "A.\n\nB.", "secret"),
    ] {
        let (d, said) = read("d.md", text);
        let tidy = |s: &str| {
            s.split('\n')
                .filter(|l| !l.trim().is_empty())
                .collect::<Vec<_>>()
                .join("\n\n")
        };
        assert_eq!(tidy(&d.body), body, "{text}");
        assert!(said.len() == 1 && said[0].contains(told), "{said:?}");
    }
    for text in [
        "Take 5~10 mg, or 3~4 tablets.",
        "Write `<!-- x -->` and `~~x~~`.",
        "```\n<!-- x -->\n~~x~~\n```",
        "If a < b and c > d.",
        "See [the list][1].\n\n[1]: https://kb.example/a \"The list\"",
        "Hello <first name>, your <drug> is at <https://kb.example>.",
    ] {
        let (d, said) = read("d.md", text);
        assert_eq!((d.body.as_str(), said), (text, vec![]));
    }
    assert!(refused("d.md", "A.\n\n<!-- never").contains("a comment begins and never ends"));
}

#[test]
fn html_within_markdown_is_its_text() {
    for (text, body) in [
        ("A <b>word</b> and <span class=x>another</span>.", "A word and another."),
        ("Line<br>two, x<sup>2</sup>.", "Line\ntwo, x²."),
        (
            "A.\n\n<table>\n<tr><th>Plan</th><th>Fee</th></tr>\n<tr><td>A</td><td>$1</td></tr>\n</table>\n\nB.",
            "A.\n\nPlan: A | Fee: $1\n\nB.",
        ),
        (
            "<details>\n<summary>More</summary>\n\nInside.\n\n</details>",
            "More\n\nInside.",
        ),
        (
            "| Plan | Fee |\n|---|---|\n| <b>A</b> | $1<br>$2 |",
            "Plan: A | Fee: $1; $2",
        ),
        ("`<b>x</b>`\n\n    <b>y</b>", "`<b>x</b>`\n\n    <b>y</b>"),
    ] {
        let (d, _) = read("d.md", text);
        let parts = d
            .body
            .split("\n\n")
            .map(|p| p.trim_matches('\n'))
            .filter(|p| !p.is_empty());
        assert_eq!(parts.collect::<Vec<_>>().join("\n\n"), body, "{text}");
    }
}

#[test]
fn what_a_click_opens_is_text_and_digits_stay_apart() {
    for (page, body) in [
        (
            "<h2><button aria-controls=p aria-expanded=false>How?</button></h2><div id=p hidden>So.</div>",
            "## How?\n\nSo.",
        ),
        (
            "<a role=tab href='#t'>Tab</a><div id=t style='display:none'>So.</div>",
            "Tab\n\nSo.",
        ),
        (
            "<p>$19<sup>99</sup>, 10<sup>5</sup>, H<sub>2</sub>O, 1<sup>st</sup></p>",
            "$19⁹⁹, 10⁵, H₂O, 1st",
        ),
        (
            "<dl><dt>Limit</dt><dd>$50</dd><dt>Who pays?</dt><dd>The plan.</dd></dl>",
            "Limit: $50\n\nWho pays?\nThe plan.",
        ),
        ("<ol><li value=4>Four<li>Five</ol>", "4. Four\n5. Five"),
        ("<main><p>One.</main><main><p>Two.</main>", "One.\n\nTwo."),
        (
            "<table><tr><th>Box<th>Is<tr><td>Small<td><table><tr><td>Weight<td>2 kg</table></table>",
            "Box: Small | Is: Weight, 2 kg",
        ),
        (
            "<article><p>One.</article><section><p>The other half of the page says more than that.</section>",
            "One.\n\nThe other half of the page says more than that.",
        ),
    ] {
        let (d, _) = read("d.html", &format!("<title>T</title><body>{page}</body>"));
        assert_eq!(d.body, body, "{page}");
    }
    let page = "<h1>T</h1><table><tr><th>Plan<th>Fee<tr hidden><td>A<td>$1<tr style='text-decoration:line-through'><td>B<td>$2<tr><td>C<td><del>$3</del> $4</table>";
    let (d, said) = read("d.html", page);
    assert_eq!(d.body, "Plan: C | Fee: $4");
    assert_eq!(said.iter().filter(|s| s.contains("left out")).count(), 3, "{said:?}");
}

#[test]
fn what_a_reader_of_a_page_does_not_see_is_left_out_and_told() {
    for hidden in [
        "<p style='display:none'>secret</p>",
        "<p style='color:#fff;font-size:1px'>secret</p>",
        "<p style='color: white'>secret</p>",
        "<div hidden><p>secret</div>",
        "<span aria-hidden=true>secret</span>",
        "<span class='x sr-only'>secret</span>",
        "<style>.x, .y { visibility: hidden }</style><p class=x>secret",
        "<p style='position:absolute;left:-5000px'>secret</p>",
        "<dialog>secret</dialog>",
        "<font color=White>secret</font>",
        "<p style='color:#FDFDFD'>secret</p>",
        "<p style='color: rgb(255, 255, 250)'>secret</p>",
        "<p style='background:#eee;color:#eee'>secret</p>",
        "<p style='transform: scale(0)'>secret</p>",
        "<p style='clip-path: inset(100%)'>secret</p>",
        "<p style='opacity: 0.01'>secret</p>",
        "<p style='left: -100vw; position: fixed'>secret</p>",
        "<style>.x { color: #fff }</style><p class=x>secret",
    ] {
        let (d, said) = read("d.html", &format!("<h1>T</h1><p>Open.</p>{hidden}"));
        assert_eq!(d.body, "Open.", "{hidden}");
        assert!(
            said.len() == 1 && said[0].contains("hidden on the page and left out: “secret”"),
            "{said:?}"
        );
    }
    for struck in [
        "<s>5</s>",
        "<del>5</del>",
        "<strike>5</strike>",
        "<span style='text-decoration:line-through'>5</span>",
        "<span class='x line-through'>5</span>",
        "<span role=deletion>5</span>",
        "<style>.old { text-decoration: line-through }</style><span class=old>5</span>",
    ] {
        let (d, said) = read("d.html", &format!("<h1>T</h1><p>Up to {struck} 2."));
        assert_eq!(d.body, "Up to 2.", "{struck}");
        assert!(said[0].contains("struck out and left out: “5”"), "{said:?}");
    }
    for seen in [
        "<div style='background:#036'><p style='color:#fff'>Open.</p></div>",
        "<style>@media print { p { display: none } } .x { display: none } .y { display: block }</style><p class='x y'>Open.",
        "<p style='color:#ccc'>Open.</p>",
        "<p style='background:#000;color:white'>Open.</p>",
        "<p style='display:block; opacity: 1'>Open.</p><!-- comment --><p hidden></p>",
        "<details><summary>Open.</summary></details>",
    ] {
        let (d, said) = read("d.html", &format!("<h1>T</h1>{seen}"));
        assert_eq!((d.body.as_str(), said), ("Open.", vec![]), "{seen}");
    }
}

#[test]
fn pages_of_one_name_have_ids_of_their_own() {
    let files = ["a/index.md", "b/index.md", "b/index.html", "c.md"];
    let page = |name: &str| Ok::<_, ()>((name.to_owned(), b"---\nid: c\n---\nText.".to_vec()));
    let text = |name: &str| Ok::<_, ()>((name.to_owned(), b"Text.".to_vec()));
    let got = import_files([
        text(files[0]),
        text(files[1]),
        text(files[2]),
        text(files[3]),
        page("d.md"),
    ])
    .unwrap();
    let ids: Vec<&str> = got.documents.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["b/index.html", "b/index.md", "c", "index"]);
    let said: Vec<String> = got.findings.iter().map(Finding::to_string).collect();
    assert_eq!(
        said[0],
        "b/index.md: its id is “b/index.md”, since a/index.md has “index”"
    );
    assert_eq!(
        said[2],
        "d.md: the id “c” is taken by c.md; give one of them another id"
    );
}

#[test]
fn all_of_a_page_and_nothing_but_the_page() {
    for (page, body) in [
        ("<form id=f><h1>T</h1><p>Open.</p></form>", "Open."),
        (
            "<h1>T</h1><article><p>One.</article><article><p>Two.</article>",
            "One.\n\nTwo.",
        ),
        (
            "<nav>Menu</nav><article><header><h1>T</h1></header><p>One.</article><footer>Foot</footer>",
            "One.",
        ),
        (
            "<div class=navbar>Menu</div><h1>T</h1><p>One.</p><div class='footer x'>Foot</div>",
            "One.",
        ),
        (
            "<div id=cookie-banner>Cookies</div><div role=navigation>Menu</div><h1>T</h1><p>One.</p>",
            "One.",
        ),
        ("<h1>T</h1><p>1. Open.<br>2. Close.</p>", "1. Open.\n2. Close."),
        (
            "<h1>T</h1><aside class=warning>Never by mail.</aside>",
            "Never by mail.",
        ),
        (
            "<h1>T</h1><form><input><p>Was this helpful?</p></form><p>One.</p>",
            "One.",
        ),
        ("<h1>T</h1><pre>a  b\nc</pre>", "a b\nc"),
    ] {
        let (d, _) = read("d.html", &format!("<title>T</title><body>{page}</body>"));
        assert_eq!((d.title.as_str(), d.body.as_str()), ("T", body), "{page}");
    }
}

#[test]
fn each_row_of_a_table_keeps_the_names_of_its_columns() {
    let page = "<h1>T</h1><table><caption>Fees</caption><thead><tr><th>Service<th>Members<th>Guests</thead>\
        <tr><td>Standard<td><td>$6<tr><td rowspan=2>Cold<td>$9<td>$19<tr><td>$12<td>$25<tr><td>Courier<td colspan=2>none</table>";
    let want = "Fees\n\nService: Standard | Guests: $6\n\nService: Cold | Members: $9 | Guests: $19\n\n\
        Service: Cold | Members: $12 | Guests: $25\n\nService: Courier | Members: none | Guests: none";
    assert_eq!(read("d.html", page).0.body, want);
    let page = "<h1>T</h1><table><tr><td><b>Plan</b><td><strong>Fee</strong><tr><td colspan=2>Express<tr><td>A<td>$1\
        <tr><td colspan=2>Slow<tr><td>A<td>$2<tr><td colspan=2>All without tax.</table>";
    let want = "Express | Plan: A | Fee: $1\n\nSlow | Plan: A | Fee: $2\n\nAll without tax.";
    assert_eq!(read("d.html", page).0.body, want);
    let page = "<h1>T</h1><table><tr><td><table><tr><td>Hazmat<td>$30</table><td>Ask first.</table>";
    assert_eq!(read("d.html", page).0.body, "Hazmat | $30\n\nAsk first.");
    let text = "# T\n\nRows:\n\n| Plan | BIN |\n|---|:-:|\n| Plan 1 | 100 |\n| Plan 2 | a\\|b |\n\nEnd.";
    assert_eq!(
        read("d.md", text).0.body,
        "Rows:\n\nPlan: Plan 1 | BIN: 100\n\nPlan: Plan 2 | BIN: a|b\n\nEnd."
    );
}
