use mortar_sources::NoExtractor;

use super::*;
use crate::database::NoDatabase;
use crate::report::State;

const NONE: With<'static> = With {
    extractor: &NoExtractor,
    database: &NoDatabase,
};
const DAY: Date = jiff::civil::date(2026, 11, 26);
const PLAN_TEXT: &str = "format = 1\nignore = [\"old/\"]\n[[source]]\npath = \"faq.csv\"\n[source.columns]\n\
    \"Our answer\" = \"answer\"\n\"Team\" = \"ignore\"\n\"Exception\" = \"append\"\n\"Stage\" = { in_force = [\"Live\"] }\n\
    [source.defaults]\nowner = \"Desk\"\n[[source]]\npath = \"docs/\"\n";

struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Scene(tempfile::tempdir().unwrap());
        scene.put(PLAN, PLAN_TEXT);
        scene.put(
            "faq.csv",
            "id,question,Our answer,Team,Exception,Stage\n\
             a,When?,At six.,Night,Not on Sunday.,Live\nb,Where?,At the gate.,Day,,Draft\nc,Who?,The desk.,,,live\n",
        );
        scene.put("docs/page.md", "# Page\n\nThe lamp is green.");
        scene.put("old/x.md", "# X\n\nOld.");
        scene
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.path().join(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.put(name, &text.replace(from, to));
    }

    fn folder(&self) -> Folder {
        Folder::open(self.0.path()).unwrap()
    }

    fn import(&self, day: Date, yes: bool) -> Intake {
        let folder = self.folder();
        let intake = folder.import(day, yes, NONE).unwrap();
        folder.keep(&intake, intake.report.stops() == 0).unwrap();
        intake
    }

    fn memory(&self) -> String {
        fs::read_to_string(self.0.path().join(MEMORY)).unwrap()
    }
}

fn stops(intake: &Intake) -> Vec<String> {
    let all = intake.report.findings.iter().filter(|t| t.stops);
    all.map(|t| format!("{}: {}", t.finding.kind, t.finding)).collect()
}

#[test]
fn names_become_what_the_plan_says() {
    let scene = Scene::new();
    let intake = scene.import(DAY, false);
    assert_eq!(stops(&intake), [""; 0]);
    let said: Vec<(&str, &str, Option<&str>)> = intake
        .imported
        .documents
        .iter()
        .map(|d| (d.id.as_str(), d.body.as_str(), d.owner.as_deref()))
        .collect();
    assert_eq!(
        said,
        [
            ("a", "At six.\n\nException: Not on Sunday.", Some("Desk")),
            ("c", "The desk.", Some("Desk")),
            ("page", "The lamp is green.", None),
        ]
    );
    let told: Vec<String> = intake.report.findings.iter().map(|t| t.finding.to_string()).collect();
    assert_eq!(
        told,
        ["faq.csv, row 3: “Stage” says “Draft”: not in force and left out"]
    );
    assert_eq!(intake.report.ignored, ["old/x.md"]);
}

#[test]
fn an_unchanged_import_changes_no_byte_and_a_changed_one_says_what() {
    let scene = Scene::new();
    let first = scene.import(DAY, false);
    assert_eq!((first.report.new.len(), first.report.unchanged), (3, 0));
    let before = scene.memory();
    let later = jiff::civil::date(2027, 1, 1);
    let second = scene.import(later, false);
    assert_eq!((second.report.new.len(), second.report.unchanged), (0, 3));
    assert_eq!(scene.memory(), before);
    let read: Vec<Date> = second.report.provenance.iter().map(|p| p.from.read.unwrap()).collect();
    assert_eq!(read, [DAY; 3]);

    scene.change("faq.csv", "At six.", "At seven.");
    fs::rename(scene.0.path().join("docs/page.md"), scene.0.path().join("docs/lamp.md")).unwrap();
    let third = scene.import(later, false);
    let r = &third.report;
    assert_eq!(
        (&r.changed[..], r.moved[0].id.as_str()),
        (&["a".to_owned()][..], "page")
    );
    assert_eq!(
        (r.moved[0].from.as_str(), r.moved[0].to.as_str()),
        ("docs/page.md", "docs/lamp.md")
    );
    assert_eq!((r.new.len(), r.gone.len(), r.unchanged), (0, 0, 1));
    assert_eq!(r.provenance[0].from.read, Some(later));
}

#[test]
fn what_is_not_as_the_plan_says_stops() {
    let header = "id,question,Our answer,Team,Exception,Stage";
    for (name, from, to, want) in [
        (
            "faq.csv",
            header,
            "id,question,Our answer,Group,Exception,Stage",
            "sources.toml, source “faq.csv”: nothing has the name “Team”",
        ),
        (
            "faq.csv",
            header,
            "id,question,Our answer,Team,Exception,Stage,Valid until",
            "row 1: “Valid until” looks like an end",
        ),
        ("faq.csv", "At six.,Night", "At six.,#REF!", ""),
        (
            "faq.csv",
            "Not on Sunday.",
            "#REF!",
            "“Exception” shows the error #REF!",
        ),
        (
            "sources.toml",
            "docs/",
            "pages/",
            "sources.toml, source “pages/”: no file is called so",
        ),
        (
            "sources.toml",
            "docs/",
            "pages/",
            "docs/page.md: no source in sources.toml takes it",
        ),
        (
            "sources.toml",
            "old/",
            "older/",
            "old/x.md: no source in sources.toml takes it",
        ),
        (
            "sources.toml",
            "\"Team\" = \"ignore\"",
            "\"Team\" = \"question\"",
            "“question” and “Team” are one thing",
        ),
    ] {
        let scene = Scene::new();
        scene.change(name, from, to);
        if to.ends_with("Valid until") {
            scene.change("faq.csv", "Live\n", "Live,2026-12-01\n");
            scene.change("faq.csv", "Draft\n", "Draft,\n");
            scene.change("faq.csv", "live\n", "live,\n");
        }
        let said = stops(&scene.import(DAY, false));
        match want {
            "" => assert_eq!(said, [""; 0], "{to}"),
            want => assert!(said.iter().any(|s| s.contains(want)), "{to}: {said:?}"),
        }
    }
}

#[test]
fn a_finding_is_accepted_once_and_nothing_undecided_is() {
    let scene = Scene::new();
    scene.change("faq.csv", "c,Who?,The desk.", "c,Who?,");
    let intake = scene.import(DAY, false);
    let told = &intake.report.findings[1];
    assert_eq!(
        (told.finding.reason.as_str(), told.state),
        ("no answer and no text", State::New)
    );
    // What stops is remembered as a finding, and no document of it as imported.
    assert!(!scene.memory().contains("\"read\""), "{}", scene.memory());
    let again = scene.import(DAY, false);
    assert_eq!(again.report.findings[1].state, State::Known);

    let folder = scene.folder();
    assert!(folder.accept("00000000", "x", DAY).is_err());
    assert!(folder.accept(&told.id, " ", DAY).is_err());
    folder.accept(&told.id, "a heading \"of\" theirs", DAY).unwrap();
    scene.change("faq.csv", "b,Where?", "b,Where\n?");
    scene.put("faq.csv", "id,question,Our answer,Team,Exception,Stage\nb,Where?,Here.,Day,x,Draft\nc,Who?,,,,live\na,When?,At six.,,,Live\n");
    let third = scene.import(DAY, false);
    let accepted: Vec<&str> = third
        .report
        .findings
        .iter()
        .filter_map(|t| t.accepted.as_deref())
        .collect();
    assert_eq!(accepted, ["a heading \"of\" theirs"]);
    assert_eq!(stops(&third), [""; 0]);
    assert_eq!(third.imported.documents.len(), 2);

    scene.change("faq.csv", "question,Our", "question,Answer 2,Our");
    scene.put(
        "faq.csv",
        "id,question,Our answer,Team,Exception,Stage,Answer 2\na,When?,At six.,,,Live,Or 7.\n",
    );
    let fourth = scene.import(DAY, true);
    let undecided = fourth
        .report
        .findings
        .iter()
        .find(|t| t.finding.kind == FindingKind::Undecided)
        .unwrap();
    let said = scene
        .folder()
        .accept(&undecided.id, "never mind", DAY)
        .unwrap_err()
        .to_string();
    assert!(said.contains("not accepted but decided"), "{said}");
}

#[test]
fn more_than_a_fifth_gone_at_once_needs_a_yes() {
    let scene = Scene::new();
    let rows = |n: usize| {
        let rows: String = (0..n).map(|i| format!("r{i},Answer number {i}.\n")).collect();
        format!("id,answer\n{rows}")
    };
    scene.put(
        PLAN,
        "format = 1\nignore = [\"old/\", \"docs/\"]\n[[source]]\npath = \"faq.csv\"\n",
    );
    scene.put("faq.csv", &rows(20));
    scene.import(DAY, false);
    scene.put("faq.csv", &rows(16));
    let fourth = scene.import(DAY, false);
    assert_eq!((stops(&fourth).len(), fourth.report.gone.len()), (0, 4));
    let before = scene.memory();
    scene.put("faq.csv", &rows(12));
    let said = stops(&scene.import(DAY, false));
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("gone: sources.toml: 4 of 16 documents are there no more: r12, r13, r14, r15; look"),
        "{said:?}"
    );
    assert_eq!(
        scene.memory().matches("\"read\"").count(),
        before.matches("\"read\"").count()
    );
    assert_eq!(stops(&scene.import(DAY, true)), [""; 0]);
    assert_eq!(scene.import(DAY, false).report.unchanged, 12);
}

#[test]
fn a_folder_is_read_alone_and_a_damaged_memory_is_refused() {
    let scene = Scene::new();
    let dir = scene.0.path().to_owned();
    assert!(Folder::of(&[dir.join("docs")]).unwrap().is_none());
    assert!(Folder::of(std::slice::from_ref(&dir)).unwrap().is_some());
    assert!(Folder::of(&[dir.join(PLAN)]).unwrap().is_some());
    assert!(Folder::of(&[dir.clone(), dir.join("docs")]).is_err());
    scene.put(MEMORY, "{\"format\":9}\n");
    assert!(matches!(Folder::open(&dir), Err(IntakeError::Newer(_))));
    scene.put(MEMORY, "{");
    assert!(matches!(Folder::open(&dir), Err(IntakeError::Memory(..))));
}

#[test]
fn the_page_of_a_report_escapes_what_sources_say() {
    let scene = Scene::new();
    scene.put(
        "docs/page.md",
        "---\nid: p\n---\n# <script>alert(1)</script>\n\nSee [it](<b>x.md).",
    );
    let intake = scene.import(DAY, false);
    let page = crate::page(&intake.report);
    assert!(!page.contains("<script>") && !page.contains("<b>x"), "{page}");
    assert!(
        page.contains("docs/page.md") && page.contains("leads nowhere"),
        "{page}"
    );
}

/// A database that gives the same rows to whoever selects them.
struct Rows(&'static str);

impl Database for Rows {
    fn rows(&self, _: &Path, select: &str) -> Result<Vec<u8>, String> {
        match select {
            "SELECT all" => Ok(self.0.as_bytes().to_vec()),
            _ => Err("no such column".into()),
        }
    }
}

const PAGE: &str = "---\nlayout: page\nstage: Live\n---\n# A\n\nText.";

/// What a plan says, a file and its text; the documents that come of it, and a word of each finding.
type Said = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const SAID: &[Said] = &[
    (
        "list = \"data.articles\"\ncolumns = {\"author.name\" = \"owner\", \"author.mail\" = \"ignore\"}",
        "a.json",
        "{\"data\": {\"articles\": [{\"id\": \"x\", \"answer\": \"Yes.\", \"author\": {\"name\": \"A\", \"mail\": \"m\"}}]}}",
        &["x Yes. owner A"],
        &[],
    ),
    (
        "list = \"data.rows\"",
        "a.json",
        "{\"data\": {}}",
        &[],
        &["no “rows” on the way"],
    ),
    (
        "dates = \"%d.%m.%Y\"\ncolumns = {\"Bis\" = \"effective_to\"}",
        "a.csv",
        "id;answer;Bis\nx;Ja.;31.12.2026\ny;Nein.;soon\nz;Gut.;2027-01-02\n",
        &["x Ja. until 2026-12-31", "z Gut. until 2027-01-02"],
        &["“soon” is no date as %d.%m.%Y writes it"],
    ),
    (
        "columns = {layout = \"ignore\", stage = {in_force = [\"Live\"]}}",
        "a.md",
        PAGE,
        &["a Text."],
        &[],
    ),
    (
        "columns = {layout = \"ignore\", stage = {in_force = [\"Ready\"]}}",
        "a.md",
        PAGE,
        &[],
        &["“stage” says “Live”: not in force and left out"],
    ),
    (
        "defaults = {kind = \"sop\", owner = \"B\"}",
        "a.md",
        "# A\n\nText.",
        &["a Text. owner B"],
        &[],
    ),
    (
        "select = \"SELECT all\"",
        "a.db",
        "SQLite format 3",
        &["r Row. owner C"],
        &[],
    ),
    (
        "select = \"SELECT none\"",
        "a.db",
        "SQLite format 3",
        &[],
        &["a.db: no such column"],
    ),
    (
        "",
        "a.db",
        "SQLite format 3",
        &[],
        &["say in sources.toml which rows are read"],
    ),
    (
        "ignore_sheets = [\"Old\"]",
        "a.csv",
        "id,answer\nx,Yes.\n",
        &["x Yes."],
        &["no sheet is called “Old”"],
    ),
];

#[test]
fn each_thing_that_a_plan_may_say_is_done() {
    for (plan, file, text, documents, found) in SAID {
        let scene = Scene(tempfile::tempdir().unwrap());
        scene.put(PLAN, &format!("format = 1\n[[source]]\npath = \"{file}\"\n{plan}\n"));
        scene.put(file, text);
        let with = With {
            extractor: &NoExtractor,
            database: &Rows("{\"id\": \"r\", \"answer\": \"Row.\", \"owner\": \"C\"}\n"),
        };
        let intake = scene.folder().import(DAY, false, with).unwrap();
        let said = intake.imported.documents.iter().map(|d| {
            let until = d.effective_to.map_or(String::new(), |day| format!(" until {day}"));
            let owner = d.owner.as_ref().map_or(String::new(), |o| format!(" owner {o}"));
            format!("{} {}{until}{owner}", d.id, d.body)
        });
        assert_eq!(said.collect::<Vec<_>>(), *documents, "{plan}");
        let told: Vec<String> = intake.report.findings.iter().map(|t| t.finding.to_string()).collect();
        let all = told.len() == found.len() && found.iter().all(|w| told.iter().any(|t| t.contains(w)));
        assert!(all, "{plan}: {told:?}");
    }
}
