//! Sources as people have them and sources that are made to harm, from outside: what is refused is named, takes
//! seconds and little memory, and takes nothing else with it.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use mortar_tests::{json, refused, root, words_only};

const GOOD: &str = "# Shipping\n\nShipping takes two days.\n";

/// What a process used: seconds of a processor, and the most memory in megabytes.
#[derive(Debug, Default, Clone, Copy)]
struct Used {
    seconds: f64,
    megabytes: u64,
}

/// Builds a release of one hostile file and a good one, what is bad left out; the good one is there.
fn built(name: &str, bytes: &[u8]) -> (Output, Used) {
    let dir = tempfile::tempdir().unwrap();
    let sources = dir.path().join("in");
    fs::create_dir(&sources).unwrap();
    fs::write(sources.join("good.md"), GOOD).unwrap();
    fs::write(sources.join(name), bytes).unwrap();
    let mut build = words_only(dir.path());
    build
        .args(["kb", "build", "--skip-bad"])
        .arg(&sources)
        .arg("--out")
        .arg(dir.path().join("r"));
    let child = build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = format!("/proc/{}", child.id());
    let watched = std::thread::spawn(move || {
        let mut used = Used::default();
        while let Some(now) = used_by(&process) {
            used = now;
            std::thread::sleep(Duration::from_millis(2));
        }
        used
    });
    let out = child.wait_with_output().unwrap();
    let mut browse = words_only(dir.path());
    browse
        .args(["browse", "--json", "good", "--release"])
        .arg(dir.path().join("r"));
    assert_eq!(json(&mut browse)["body"], "Shipping takes two days.", "{name}");
    (out, watched.join().unwrap())
}

/// What a process used so far; none once it has ended.
fn used_by(process: &str) -> Option<Used> {
    const TICKS_A_SECOND: f64 = 100.0;
    let status = fs::read_to_string(format!("{process}/status")).ok()?;
    let most = status.lines().find(|l| l.starts_with("VmHWM"))?;
    let kilobytes: u64 = most.split_whitespace().nth(1)?.parse().ok()?;
    let stat = fs::read_to_string(format!("{process}/stat")).ok()?;
    let behind_name = stat.rsplit(')').next()?;
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Some(Used {
        seconds: ticks.sum::<Result<f64, _>>().ok()? / TICKS_A_SECOND,
        megabytes: kilobytes / 1024,
    })
}

fn zipped(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A file, and the reason why it is refused; none: it may as well be read.
type Case = (&'static str, Vec<u8>, Option<&'static str>);

fn pages() -> Vec<Case> {
    let aliases: String = (1..12)
        .map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", ")))
        .collect();
    let attributes: String = (0..500_000).map(|i| format!(" a{i}")).collect();
    vec![
        ("b.html", "<b>".repeat(20_000).into_bytes(), Some("deep in each other")),
        (
            "div.html",
            "<div>".repeat(1_600_000).into_bytes(),
            Some("deep in each other"),
        ),
        (
            "ul.html",
            "<ul><li>".repeat(20_000).into_bytes(),
            Some("deep in each other"),
        ),
        (
            "table.html",
            "<table><tr><td>".repeat(20_000).into_bytes(),
            Some("deep in each other"),
        ),
        (
            "attributes.html",
            format!("<p{attributes}>x").into_bytes(),
            Some("attributes"),
        ),
        (
            "lists.html",
            "<ul><li>x</ul>".repeat(550_000).into_bytes(),
            Some("elements and texts"),
        ),
        ("items.html", "<li>item".repeat(150_000).into_bytes(), None),
        ("emphasis.md", "*a **b ".repeat(1_100_000).into_bytes(), None),
        ("stars.md", "*".repeat(8_000_000).into_bytes(), None),
        ("stops.md", "a.* ".repeat(2_000_000).into_bytes(), None),
        (
            "headings.md",
            "# a\nb\n".repeat(1_300_000).into_bytes(),
            Some("headings are too many"),
        ),
        ("word.md", vec![b'x'; 8_000_000], None),
        (
            "prose.md",
            "The plan pays for it once a month. ".repeat(239_000).into_bytes(),
            None,
        ),
        (
            "aliases.md",
            format!("---\na0: &a0 [x]\n{aliases}---\n\ntext").into_bytes(),
            Some("aliases are not read"),
        ),
        (
            "deep.md",
            format!("---\na: {}\n---\n\ntext", "[".repeat(60_000)).into_bytes(),
            Some("no YAML mapping"),
        ),
    ]
}

fn tables() -> Vec<Case> {
    vec![
        (
            "columns.csv",
            ",a".repeat(10_000_000).into_bytes(),
            Some("columns are too many"),
        ),
        (
            "rows.csv",
            format!("answer\n{}", "a\n".repeat(3_000_000)).into_bytes(),
            Some("rows; cut it into several"),
        ),
        ("large.csv", vec![b'a'; 200 << 20], Some("too long for one file")),
        (
            "deep.jsonl",
            format!("{{\"text\":{}", "[".repeat(8_000_000)).into_bytes(),
            Some("no JSON object"),
        ),
        (
            "list.jsonl",
            format!("{{\"text\":\"a\",\"x\":[{}0]}}", "[0],".repeat(2_000_000)).into_bytes(),
            None,
        ),
        (
            "bomb.xlsx",
            zipped(&[("xl/workbook.xml", vec![b' '; 400 << 20])]),
            Some("unpacks to more than"),
        ),
        ("text.xlsx", b"PK\x03\x04 nothing".to_vec(), Some("no Excel workbook")),
    ]
}

/// A PDF of these objects, the first of which is its root.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut at = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        at.push(out.len());
        out.extend(format!("{} 0 obj\n", n + 1).into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let (table, size) = (out.len(), objects.len() + 1);
    out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").into_bytes());
    out.extend(at.iter().flat_map(|at| format!("{at:010} 00000 n \n").into_bytes()));
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").into_bytes());
    out
}

/// A Word file with this between the ends of its body.
fn docx(body: &str) -> Vec<u8> {
    const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    const RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
        Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
        Target=\"word/document.xml\"/></Relationships>";
    let document = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    zipped(&[
        ("[Content_Types].xml", TYPES.into()),
        ("_rels/.rels", RELATIONS.into()),
        ("word/document.xml", document.into_bytes()),
    ])
}

/// What is read by a process of its own: that it dies is a finding.
fn office() -> Vec<Case> {
    let catalog = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let nested = |n: usize| {
        let kids = [b"[".repeat(n), b"]".repeat(n)].concat();
        let pages = [&b"<< /Type /Pages /Count 1 /Kids "[..], &kids, b" >>"].concat();
        pdf(&[catalog.clone(), pages])
    };
    let words = "(a) Tj 1 0 Td ".repeat(2_000_000);
    let content = format!(
        "<< /Length {} >>\nstream\nBT /F 9 Tf {words} ET\nendstream",
        words.len() + 14
    );
    let operators = pdf(&[
        catalog.clone(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
        content.into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    ]);
    let paragraph = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let table = "<w:tbl><w:tr><w:tc>".repeat(100_000);
    vec![
        ("nested.pdf", nested(10_380), Some("")),
        ("deep.pdf", nested(1_000_000), Some("")),
        ("operators.pdf", operators, Some("")),
        (
            "text.docx",
            docx(&paragraph(&"A".repeat(400 << 20))),
            Some("cannot be read"),
        ),
        ("empty.docx", docx(&"<w:p/>".repeat(10_000_000)), Some("")),
        ("tables.docx", docx(&table), Some("")),
        ("no.pdf", b"no PDF".to_vec(), Some("cannot be read")),
        ("no.docx", b"%PDF-1.4".to_vec(), Some("it is no docx")),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_made_to_harm_is_refused_or_read_within_bounds() {
    const SECONDS: f64 = 10.0;
    const MEGABYTES: u64 = 512;
    for (name, bytes, why) in pages().into_iter().chain(tables()).chain(office()) {
        let (out, used) = built(name, &bytes);
        let said = String::from_utf8_lossy(&out.stderr);
        let Used { seconds, megabytes } = used;
        println!(
            "{name}: {seconds} s, {megabytes} MB: {}",
            said.lines().nth(1).unwrap_or_default()
        );
        assert!(
            out.status.success() && !said.contains("panicked"),
            "{name}: {said:.400}"
        );
        assert!(seconds < SECONDS && megabytes < MEGABYTES, "{name}: {used:?}");
        if let Some(why) = why {
            assert!(
                said.contains(&format!("left out: {name}")) && said.contains(why),
                "{name}: {said:.400}"
            );
        }
    }
}

fn build(dir: &Path, more: &[&str]) -> std::process::Command {
    let mut c = words_only(dir);
    c.args(["kb", "build", "--json"])
        .arg(dir.join("in"))
        .arg("--out")
        .arg(dir.join("r"))
        .args(more);
    c
}

#[test]
fn what_is_only_told_stops_nothing_and_what_could_decide_does() {
    let dir = tempfile::tempdir().unwrap();
    let sources = dir.path().join("in");
    fs::create_dir(&sources).unwrap();
    fs::write(
        sources.join("a.csv"),
        "id;answer;Topic\nx;Shipping takes two days.;Orders\n",
    )
    .unwrap();
    fs::write(sources.join("p.html"), "<h1>P</h1><p>Open.</p><p hidden>Closed.</p>").unwrap();
    fs::write(sources.join("~$a.xlsx"), "lock").unwrap();
    let told = json(&mut build(dir.path(), &[]));
    let left_out: Vec<&str> = told["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        left_out,
        ["not used: Topic (1)", "hidden on the page and left out: “Closed.”"]
    );
    assert_eq!(
        told["left_out"][0],
        serde_json::json!({ "kind": "unused", "file": "a.csv", "place": "row 1", "reason": "not used: Topic (1)" })
    );
    assert_eq!(told["ignored"][0], "~$a.xlsx");
    assert_eq!(told["manifest"]["documents"], 2);

    fs::write(sources.join("b.csv"), "id,answer,Status\ny,Shipping is free.,retired\n").unwrap();
    fs::write(sources.join("d.md"), "---\ndraft: true\n---\nShipping is slow.\n").unwrap();
    let said = refused(&mut build(dir.path(), &[]), 1);
    for part in [
        "b.csv, row 1: “Status” looks like a state",
        "d.md: “draft” looks like a state",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(
        !said.contains("Topic"),
        "what is only told does not hide what stops: {said}"
    );
    let built = json(&mut build(dir.path(), &["--skip-bad"]));
    assert_eq!(
        (
            &built["manifest"]["documents"],
            built["left_out"].as_array().unwrap().len()
        ),
        (&2.into(), 4)
    );
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn the_samples_other_sources_are_read_and_say_where_they_are_from() {
    let dir = tempfile::tempdir().unwrap();
    let kb = dir.path().join("kb");
    let import = || {
        let mut c = words_only(dir.path());
        json(c.args(["kb", "import", "--json"]).arg(&kb))
    };
    copied(&root().join("samples/more"), &kb);
    let report = import();
    assert_eq!(report["new"].as_array().unwrap().len(), 7, "{report:#}");
    let told: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["reason"].as_str().unwrap())
        .collect();
    for want in [
        "closed in 2024",
        "A missing parcel is replaced",
        "Owner",
        "leads to",
        "name spaces",
    ] {
        assert_eq!(told.iter().filter(|t| t.contains(want)).count(), 1, "{want}: {told:?}");
    }
    assert_eq!(told.len(), 5, "{told:?}");

    let release = dir.path().join("release");
    let mut build = words_only(dir.path());
    json(
        build
            .args(["kb", "build", "--json"])
            .arg(&kb)
            .arg("--out")
            .arg(&release),
    );
    let browse = |id: &str| {
        let mut c = words_only(dir.path());
        json(c.args(["browse", id, "--json", "--release"]).arg(&release))
    };
    for (id, file, place) in [
        ("B12", "branches.db", Some("row 2")),
        ("Refill-reminders", "wiki.xml", Some("page Refill reminders")),
        ("leaflet", "leaflet.pdf", None),
        ("sops", "sops.docx", None),
    ] {
        let source = &browse(id)["source"];
        assert_eq!((source["file"].as_str(), source["place"].as_str()), (Some(file), place));
        assert_eq!(source["read"], report["day"]);
        let stands = report["provenance"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["id"] == id)
            .unwrap();
        assert_eq!(source["hash"], stands["hash"]);
    }
    for (ask, has, page) in [
        ("How long does the cooling pouch keep a pen cold?", "36 hours", Some(2)),
        ("How often is a lost supply replaced?", "once in 12 months", Some(3)),
        ("Who signs for refrigerated parcels?", "Pharmacist", None),
        ("How do I stop refill reminders?", "Untick Refill reminders", None),
        ("When is branch Millbrook open?", "Opens at 9 a.m.", None),
    ] {
        let mut c = words_only(dir.path());
        let answer = json(c.args(["ask", ask, "--json", "--release"]).arg(&release));
        assert!(answer["answer"].as_str().unwrap().contains(has), "{ask}: {answer:#}");
        let passages = answer["passages"].as_array().unwrap();
        let of_it = passages
            .iter()
            .find(|p| p["text"].as_str().unwrap().contains(has))
            .unwrap();
        assert_eq!(of_it["page"].as_u64(), page, "{ask}");
    }
    // A branch above the others moves their rows, and changes none of them.
    let lock = fs::read_to_string(kb.join("sources.lock")).unwrap();
    let reversed = fs::read_to_string(kb.join("sources.toml"))
        .unwrap()
        .replace("ORDER BY code", "ORDER BY code DESC");
    fs::write(kb.join("sources.toml"), reversed).unwrap();
    assert_eq!(import()["unchanged"], 7);
    let documents = |text: &str| {
        text.lines()
            .filter(|l| l.starts_with("{\"id\""))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        documents(&fs::read_to_string(kb.join("sources.lock")).unwrap()),
        documents(&lock)
    );
}
