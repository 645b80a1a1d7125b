//! A folder of sources of several kinds from outside: imported, changed in many ways, imported again. The report says
//! what was changed and nothing else; what is unchanged changes no byte.

use std::fs;
use std::path::Path;
use std::process::Command;

use mortar_tests::{json, refused, root, run, words_only};
use serde_json::Value;

const PLAN: &str = "format = 1\n[[source]]\npath = \"faq.csv\"\n[source.columns]\n\"Reply\" = \"answer\"\n\"Team\" = \"ignore\"\n\
    [[source]]\npath = \"codes.jsonl\"\n[[source]]\npath = \"docs/\"\n[[source]]\npath = \"web/\"\n[[source]]\npath = \"office/\"\n";
const FAQ: &str = "id,question,Reply,Team\n\
    q1,When does the north dock open?,The north dock opens at six in the morning.,Night\n\
    q2,Who signs for a delivery?,The pharmacist on duty signs for a delivery.,Day\n\
    q3,What does a courier cost?,A courier costs 12 dollars for each box.,Day\n";
const CODES: &str = "{\"id\": \"c75\", \"title\": \"Reject 75\", \"text\": \"Prior authorization is required.\", \"codes\": [\"75\"]}\n\
    {\"id\": \"c76\", \"title\": \"Reject 76\", \"text\": \"The plan limit is exceeded.\", \"codes\": [\"76\"]}\n";
const RETURNS: &str = "# Returns\n\nA member returns a box within thirty days. The box is looked at by the pharmacist, and nothing \
    of it is sold again. The member gets a letter that says what was paid back and when it will arrive at the bank.\n";
const LOCKERS: &str =
    "# Lockers\n\nA locker keeps an order for two days, then the courier brings it back to the branch.\n";
const WEB: &str =
    "<html><body><main><h1>Holidays</h1><p>On Thanksgiving the pharmacy is shut.</p></main></body></html>";

fn put(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn change(dir: &Path, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(dir.join(name)).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    put(dir, name, text.replace(from, to));
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let kb = dir.path().join("kb");
    put(&kb, "sources.toml", PLAN);
    put(&kb, "faq.csv", FAQ);
    put(&kb, "codes.jsonl", CODES);
    put(&kb, "docs/returns.md", RETURNS);
    put(&kb, "docs/lockers.md", LOCKERS);
    put(&kb, "web/holidays.html", WEB);
    let docx = root().join("tests/fixtures/cases/docx-sop/in/cold-chain.docx");
    put(&kb, "office/cold-chain.docx", fs::read(docx).unwrap());
    dir
}

fn import(dir: &Path, args: &[&str]) -> Command {
    let mut c = words_only(dir);
    c.args(["kb", "import", "--json"]).arg(dir.join("kb")).args(args);
    c
}

/// What a report says of the documents, and which findings stop.
fn said(report: &Value) -> (Vec<String>, Vec<String>) {
    let mut out = Vec::new();
    for what in ["new", "changed", "gone"] {
        let ids = report[what].as_array().unwrap().iter();
        out.extend(ids.map(|id| format!("{what} {}", id.as_str().unwrap())));
    }
    let moved = report["moved"].as_array().unwrap().iter();
    out.extend(moved.map(|m| format!("moved {}", m["id"].as_str().unwrap())));
    let findings = report["findings"].as_array().unwrap().iter();
    let stops = findings.filter(|f| f["stops"] == true);
    (out, stops.map(|f| f["reason"].as_str().unwrap().to_owned()).collect())
}

type Change = fn(&Path);

/// A change, what the report says of documents, and a word of each finding that stops.
const CHANGES: &[(&str, Change, &[&str], &[&str])] = &[
    (
        "a digit",
        |d| change(d, "faq.csv", "12 dollars", "13 dollars"),
        &["changed q3"],
        &[],
    ),
    (
        "a text",
        |d| change(d, "docs/lockers.md", "two days", "five days"),
        &["changed lockers"],
        &[],
    ),
    (
        "a page renamed",
        |d| fs::rename(d.join("docs/returns.md"), d.join("docs/send-back.md")).unwrap(),
        &["moved returns"],
        &[],
    ),
    (
        "a page into a folder",
        |d| {
            fs::create_dir(d.join("docs/old")).unwrap();
            fs::rename(d.join("docs/returns.md"), d.join("docs/old/returns.md")).unwrap();
        },
        &["moved returns"],
        &[],
    ),
    (
        "renamed and reworded",
        |d| {
            fs::remove_file(d.join("docs/returns.md")).unwrap();
            put(d, "docs/send-back.md", RETURNS.replace("thirty", "forty"));
        },
        &["changed returns"],
        &[],
    ),
    (
        "a page of HTML",
        |d| change(d, "web/holidays.html", "shut", "open"),
        &["changed holidays"],
        &[],
    ),
    (
        "the frame of a page",
        |d| change(d, "web/holidays.html", "<main>", "<nav>Menu</nav><main>"),
        &[],
        &[],
    ),
    (
        "a row more",
        |d| change(d, "faq.csv", "q3,", "q4,Where?,At the gate.,Day\nq3,"),
        &["new q4"],
        &[],
    ),
    (
        "rows in another order",
        |d| {
            put(
                d,
                "faq.csv",
                FAQ.replace("q2,", "q0,").replace("q1,", "q2,").replace("q0,", "q1,"),
            )
        },
        &["changed q1", "changed q2"],
        &[],
    ),
    ("semicolons", |d| put(d, "faq.csv", FAQ.replace(',', ";")), &[], &[]),
    ("line ends", |d| put(d, "faq.csv", FAQ.replace('\n', "\r\n")), &[], &[]),
    (
        "UTF-16",
        |d| {
            let units = FAQ.encode_utf16().flat_map(u16::to_le_bytes);
            put(d, "faq.csv", [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>());
        },
        &[],
        &[],
    ),
    (
        "columns in another order",
        |d| {
            put(
                d,
                "faq.csv",
                "Team,Reply,question,id\n\
        Night,The north dock opens at six in the morning.,When does the north dock open?,q1\n\
        Day,The pharmacist on duty signs for a delivery.,Who signs for a delivery?,q2\n\
        Day,A courier costs 12 dollars for each box.,What does a courier cost?,q3\n",
            )
        },
        &[],
        &[],
    ),
    (
        "a table renamed",
        |d| {
            fs::rename(d.join("codes.jsonl"), d.join("rejects.jsonl")).unwrap();
            change(d, "sources.toml", "codes.jsonl", "rejects.jsonl");
        },
        &["moved c75", "moved c76"],
        &[],
    ),
    (
        "a row withdrawn",
        |d| change(d, "codes.jsonl", &CODES[CODES.find('\n').unwrap() + 1..], ""),
        &["gone c76"],
        &[],
    ),
    (
        "a page withdrawn",
        |d| fs::remove_file(d.join("docs/lockers.md")).unwrap(),
        &["gone lockers"],
        &[],
    ),
    (
        "a page split",
        |d| {
            change(
                d,
                "docs/lockers.md",
                "A locker keeps an order for two days, then",
                "See the other page:",
            );
            put(
                d,
                "docs/lockers-2.md",
                "# Lockers, part 2\n\nA locker keeps an order for two days.\n",
            );
        },
        &["new lockers-2", "changed lockers"],
        &[],
    ),
    (
        "front matter more",
        |d| put(d, "docs/lockers.md", format!("---\nowner: Night desk\n---\n{LOCKERS}")),
        &["changed lockers"],
        &[],
    ),
    (
        "an end",
        |d| {
            put(
                d,
                "docs/lockers.md",
                format!("---\neffective_to: 2027-01-31\n---\n{LOCKERS}"),
            )
        },
        &["changed lockers"],
        &[],
    ),
    (
        "a code lost",
        |d| change(d, "codes.jsonl", "[\"76\"]", "[\"7.6E+01\"]"),
        &["gone c76"],
        &["a power was made of it"],
    ),
    (
        "a zero lost",
        |d| change(d, "codes.jsonl", "[\"76\"]", "[\"076\"]"),
        &["changed c76", "gone c75"],
        &["others begin with a zero"],
    ),
    (
        "a column more that decides",
        |d| {
            put(
                d,
                "faq.csv",
                FAQ.replace("Team\n", "Team,Valid until\n")
                    .replace("Night\n", "Night,2027\n")
                    .replace("Day\n", "Day,\n"),
            );
        },
        &["gone q1", "gone q2", "gone q3"],
        &["looks like an end", "documents are there no more"],
    ),
    (
        "a column more that does not",
        |d| {
            put(
                d,
                "faq.csv",
                FAQ.replace("Team\n", "Team,Mood\n")
                    .replace("Night\n", "Night,good\n")
                    .replace("Day\n", "Day,\n"),
            );
        },
        &[],
        &[],
    ),
    (
        "a column renamed",
        |d| change(d, "faq.csv", "Reply", "Answering"),
        &["gone q1", "gone q2", "gone q3"],
        &[
            "nothing has the name “Reply”",
            "is missing",
            "documents are there no more",
        ],
    ),
    (
        "an ignored column gone",
        |d| change(d, "faq.csv", "Team", "Crew"),
        &[],
        &["nothing has the name “Team”"],
    ),
    (
        "a kind more",
        |d| put(d, "wiki.md", "# Wiki\n\nText.\n"),
        &[],
        &["no source in sources.toml takes it"],
    ),
    ("a lock file", |d| put(d, "docs/.~lock.returns.md#", "x"), &[], &[]),
    (
        "an id twice",
        |d| change(d, "faq.csv", "q2,", "q1,"),
        &["gone q2"],
        &["is taken by"],
    ),
    (
        "an empty answer",
        |d| change(d, "faq.csv", "The pharmacist on duty signs for a delivery.", ""),
        &["gone q2"],
        &["no answer and no text"],
    ),
    (
        "a quotation mark",
        |d| change(d, "faq.csv", "q2,Who", "q2,\"Who"),
        &["gone q2", "gone q3"],
        &["never closed", "documents are there no more"],
    ),
    (
        "Word damaged",
        |d| {
            let whole = fs::read(d.join("office/cold-chain.docx")).unwrap();
            put(d, "office/cold-chain.docx", &whole[..whole.len() / 2]);
        },
        &["gone cold-chain"],
        &["cannot be read"],
    ),
    (
        "a table gone",
        |d| {
            fs::remove_file(d.join("faq.csv")).unwrap();
        },
        &["gone q1", "gone q2", "gone q3"],
        &["no file is called so", "documents are there no more"],
    ),
];

#[test]
fn the_second_report_says_exactly_what_was_changed() {
    assert!(CHANGES.len() >= 30);
    let mut wrong = Vec::new();
    for (name, make, documents, stops) in CHANGES {
        let dir = folder();
        let first = json(&mut import(dir.path(), &[]));
        assert_eq!(
            (first["new"].as_array().unwrap().len(), &first["documents"]),
            (9, &Value::from(9)),
            "{first:#}"
        );
        make(&dir.path().join("kb"));
        let out = run(&mut import(dir.path(), &[]));
        let report: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
        if out.status.success() != stops.is_empty() {
            wrong.push(format!("{name}: ends with {:?}: {report:#}", out.status));
            continue;
        }
        let (got, stopped) = said(&report);
        let as_wanted = stopped.len() == stops.len() && stops.iter().all(|w| stopped.iter().any(|s| s.contains(w)));
        if got != *documents || !as_wanted {
            wrong.push(format!("{name}: {got:?} and {stopped:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unchanged_import_changes_no_byte_and_a_build_uses_the_same_ids() {
    let dir = folder();
    let kb = dir.path().join("kb");
    json(&mut import(dir.path(), &[]));
    let lock = fs::read(kb.join("sources.lock")).unwrap();
    let second = json(&mut import(dir.path(), &[]));
    assert_eq!(said(&second), (Vec::new(), Vec::new()));
    assert_eq!(second["unchanged"], 9);
    assert_eq!(fs::read(kb.join("sources.lock")).unwrap(), lock);

    fs::rename(kb.join("docs/returns.md"), kb.join("docs/send-back.md")).unwrap();
    let release = dir.path().join("release");
    let mut build = words_only(dir.path());
    json(
        build
            .args(["kb", "build", "--json"])
            .arg(&kb)
            .arg("--out")
            .arg(&release),
    );
    let mut browse = words_only(dir.path());
    let found = json(browse.args(["browse", "--json", "--release"]).arg(&release));
    let ids: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"returns") && !ids.contains(&"send-back"), "{ids:?}");
    let mut two = words_only(dir.path());
    two.args(["kb", "build"])
        .arg(&kb)
        .arg(kb.join("docs"))
        .arg("--out")
        .arg(&release);
    assert!(refused(&mut two, 2).contains("give it alone"));
}

#[test]
fn a_pipeline_fails_on_what_it_names_until_that_is_accepted() {
    let dir = folder();
    let kb = dir.path().join("kb");
    put(&kb, "docs/copy.md", LOCKERS.replace("# Lockers", "# Boxes"));
    let page = dir.path().join("report.html");
    let args = ["--fail-on", "duplicate,link", "--report", page.to_str().unwrap()];
    let out = run(&mut import(dir.path(), &args));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "{report:#}");
    let found = report["findings"].as_array().unwrap().iter();
    let duplicate = found.into_iter().find(|f| f["kind"] == "duplicate").unwrap();
    assert_eq!(
        (duplicate["state"].as_str(), duplicate["stops"].as_bool()),
        (Some("new"), Some(false))
    );
    let id = duplicate["id"].as_str().unwrap();
    let html = fs::read_to_string(&page).unwrap();
    assert!(
        html.contains(id) && !html.contains("<script") && !html.contains("://"),
        "{html}"
    );

    let mut accept = words_only(dir.path());
    json(
        accept
            .args(["kb", "accept", "--json"])
            .arg(&kb)
            .args([id, "--reason", "two names of one thing"]),
    );
    let again = json(&mut import(dir.path(), &args));
    let found = again["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["id"] == id)
        .unwrap();
    assert_eq!(
        (found["state"].as_str(), found["accepted"].as_str()),
        (Some("accepted"), Some("two names of one thing"))
    );
    fs::remove_file(kb.join("docs/copy.md")).unwrap();
    let third = json(&mut import(dir.path(), &args));
    assert!(
        third["settled"][0].as_str().unwrap().contains("says the same as"),
        "{third:#}"
    );

    let mut unknown = import(dir.path(), &["--fail-on", "poems"]);
    assert!(!run(&mut unknown).status.success());
}

#[test]
fn what_is_suggested_is_imported_after_a_person_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let kb = dir.path().join("kb");
    put(
        &kb,
        "faq.csv",
        "Pregunta;Respuesta;Vence el\n¿Cuándo abre?;A las seis.;31/12/2026\n",
    );
    put(&kb, "docs/a.md", RETURNS);
    let out = run(&mut import(dir.path(), &[]));
    assert!(String::from_utf8_lossy(&out.stdout).contains("--suggest") && out.status.code() == Some(2));
    json(&mut import(dir.path(), &["--suggest"]));
    let plan = fs::read_to_string(kb.join("sources.toml")).unwrap();
    assert!(
        plan.contains("\"Vence el\" = \"effective_to\"") && plan.contains("dates = \"%d/%m/%Y\""),
        "{plan}"
    );
    let report = json(&mut import(dir.path(), &[]));
    assert_eq!(report["documents"], 2);
    refused(&mut import(dir.path(), &["--suggest"]), 2);
}

#[test]
fn a_build_writes_the_same_report_also_where_it_refuses() {
    let dir = folder();
    let kb = dir.path().join("kb");
    change(
        &kb,
        "sources.toml",
        "format = 1\n",
        "format = 1\n[style]\nsentence_words = 15\navoid = [\"Courier\"]\n",
    );
    let report = json(&mut import(dir.path(), &[]));
    let style = |report: &Value| {
        let all = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["kind"] == "style");
        all.map(|f| f["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(
        style(&report).iter().any(|r| r.contains("more than 15 words (1)")),
        "{report:#}"
    );
    assert!(style(&report).iter().any(|r| r.contains("“Courier”")), "{report:#}");
    let build = |source: &Path, file: &str| {
        let mut c = words_only(dir.path());
        c.args(["kb", "build", "--json"])
            .arg(source)
            .arg("--out")
            .arg(dir.path().join("release"));
        let out = run(c.arg("--report").arg(dir.path().join(file)));
        (out.status.success(), fs::read_to_string(dir.path().join(file)).unwrap())
    };
    let (built, text) = build(&kb, "report.json");
    let again: Value = serde_json::from_str(&text).unwrap();
    assert!(built);
    assert_eq!(
        (style(&again), &again["provenance"]),
        (style(&report), &report["provenance"])
    );
    put(
        &kb,
        "faq.csv",
        FAQ.replace("id,question", "id,Stage").replace("Team", "Expires on"),
    );
    let (built, page) = build(&kb, "report.html");
    assert!(!built && page.contains("<td>undecided</td>"), "{page}");
    // Sources without a plan have a report as well.
    let (built, page) = build(&kb.join("docs"), "plain.html");
    assert!(built && page.contains("2 documents: 2 new"), "{page}");
}
