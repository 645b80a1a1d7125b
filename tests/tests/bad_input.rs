//! Bad input and bad places: a clear message, the right exit code, nothing lost, never a panic.

use std::fs;
use std::path::Path;
use std::process::Command;

use mortar_tests::{json, programs, refused, run, words_only};

const GOOD: &str = "id,question,answer\na,How long does shipping take?,Shipping takes two days.\nb,What is a copay?,A copay is a fixed amount.\n";

/// A home with a small release in `DIR/r`, made without the model.
fn small() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), GOOD).unwrap();
    json(
        words_only(dir.path())
            .args(["kb", "build", "--json"])
            .arg(dir.path().join("a.csv"))
            .arg("--out")
            .arg(dir.path().join("r")),
    );
    dir
}

fn ask(dir: &Path, question: &str) -> Command {
    let mut c = words_only(dir);
    c.args(["ask", "--json", question, "--release"]).arg(dir.join("r"));
    c
}

#[test]
fn odd_questions_are_answered_or_refused_in_plain_words() {
    let dir = small();
    for question in ["", "   ", "\u{200b}", "\u{1}\u{2}"] {
        assert!(
            refused(&mut ask(dir.path(), question), 2).contains("The question is empty"),
            "{question:?}"
        );
    }
    assert!(refused(&mut ask(dir.path(), &"why? ".repeat(20_000)), 2).contains("at most 16000 can be asked"));
    for question in [
        "How long\u{7} does\tshipping\u{1b}[31m take?",
        "كم يستغرق الشحن؟ shipping",
        "😀 shipping 😀 how long?",
        "<script>alert(1)</script> how long does shipping take?",
        "'; DROP TABLE documents; -- shipping",
        "shipping \u{202e}gnippihs",
    ] {
        let a = json(&mut ask(dir.path(), question));
        assert!(
            a["question"].as_str().unwrap().chars().all(|c| !c.is_control()),
            "{question:?}"
        );
    }
    let a = json(&mut ask(dir.path(), "How long\u{7} does\tshipping take?"));
    assert_eq!(a["sentences"][0]["text"], "Shipping takes two days.");
}

#[test]
fn bad_sources_write_nothing_unless_told_to_skip_them() {
    let dir = small();
    let sources = dir.path().join("sources");
    fs::create_dir(&sources).unwrap();
    fs::write(sources.join("good.csv"), GOOD).unwrap();
    fs::write(sources.join("columns.csv"), "question,reply\nq,a\n").unwrap();
    fs::write(sources.join("twice.csv"), "id,question,answer\na,Again?,Yes.\n").unwrap();
    fs::write(sources.join("bytes.md"), b"# T\n\xff\xfe").unwrap();
    fs::write(sources.join("long.md"), vec![b'x'; 50 << 20]).unwrap();
    fs::write(sources.join("notes.txt"), "not a source").unwrap();
    let build = |more: &[&str]| {
        let mut c = words_only(dir.path());
        c.args(["kb", "build", "--json"])
            .arg(&sources)
            .arg("--out")
            .arg(dir.path().join("out"))
            .args(more);
        c
    };
    let said = refused(&mut build(&[]), 1);
    for part in [
        "columns.csv, row 1: the column “answer”, “body” or “text” is missing; found: question, reply",
        "twice.csv, row 2: the id “a” is taken by good.csv, row 2",
        "bytes.md: not UTF-8 at byte 4",
        "long.md: 50 MB is too long for one document",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!dir.path().join("out").exists());
    let built = json(&mut build(&["--skip-bad"]));
    assert_eq!(built["manifest"]["documents"], 2);
    assert_eq!(built["left_out"].as_array().unwrap().len(), 4);
    assert_eq!(built["ignored"][0], "notes.txt");
    assert!(refused(&mut build(&["--strict", "--skip-bad"]), 2).contains("cannot be used with"));
    assert!(
        refused(words_only(dir.path()).args(["kb", "build", "no-such", "--out", "x"]), 2)
            .contains("no-such is not there")
    );
}

#[test]
fn script_in_a_document_stays_text() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("p.html"), "<title>Evil</title><h1>Evil page</h1><p>Pills are blue.<script>alert(1)</script> <img src=x onerror=alert(2)></p>").unwrap();
    fs::write(
        dir.path().join("q.csv"),
        "id,question,answer\nx,What about <script>?,\"Write <script>alert(3)</script> as it is. Then go on.\"\n",
    )
    .unwrap();
    json(
        words_only(dir.path())
            .args(["kb", "build", "--json"])
            .arg(dir.path())
            .arg("--out")
            .arg(dir.path().join("r")),
    );
    let read = |id: &str| {
        json(
            words_only(dir.path())
                .args(["browse", "--json", id, "--release"])
                .arg(dir.path().join("r")),
        )["body"]
            .clone()
    };
    assert_eq!(read("p"), "Pills are blue.");
    assert_eq!(read("x"), "Write <script>alert(3)</script> as it is. Then go on.");
}

#[test]
fn a_workbook_is_read_like_any_table() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (c, name) in ["question", "answer", "effective_from"].into_iter().enumerate() {
        sheet.write(0, c as u16, name).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(1, 0, "Is it so?").unwrap();
    sheet.write(1, 1, "It is so.").unwrap();
    sheet
        .write_with_format(
            1,
            2,
            rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 2, 3).unwrap(),
            &day,
        )
        .unwrap();
    sheet.write(2, 0, "Without an answer?").unwrap();
    let file = dir.path().join("w.xlsx");
    book.save(&file).unwrap();
    let mut build = words_only(dir.path());
    build
        .args(["kb", "build", "--json"])
        .arg(&file)
        .arg("--out")
        .arg(dir.path().join("r"));
    assert!(refused(&mut build, 1).contains("w.xlsx, sheet Sheet1, row 3: no answer"));
    json(build.arg("--skip-bad"));
    let rows = json(
        words_only(dir.path())
            .args(["browse", "--json", "--release"])
            .arg(dir.path().join("r")),
    );
    assert_eq!(rows[0]["effective_from"], "2026-02-03");
}

#[test]
fn a_truncated_foreign_or_newer_release_is_an_error() {
    let dir = small();
    let r = dir.path().join("r");
    let manifest = fs::read_to_string(r.join("manifest.json")).unwrap();
    let data = fs::read_dir(&r)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .find(|p| p.is_dir())
        .unwrap()
        .join("data.mdb");
    let bytes = fs::read(&data).unwrap();
    fs::write(&data, &bytes[..bytes.len() / 3]).unwrap();
    assert!(refused(&mut ask(dir.path(), "shipping"), 1).contains("is damaged"));
    let said = run(words_only(dir.path()).arg("doctor").arg("--release").arg(&r));
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stdout).contains("Build it again"));
    fs::write(&data, &bytes).unwrap();
    fs::write(
        r.join("manifest.json"),
        manifest.replace("\"format\": 3", "\"format\": 7"),
    )
    .unwrap();
    assert!(
        refused(&mut ask(dir.path(), "shipping"), 1)
            .contains("has format 7, this program reads up to 3: update Mortar")
    );
    fs::write(r.join("manifest.json"), "{\"name\": \"something else\"}").unwrap();
    assert!(refused(&mut ask(dir.path(), "shipping"), 1).contains("is no manifest"));
}

#[test]
fn without_weights_words_and_codes_go_on() {
    let home = tempfile::tempdir().unwrap();
    let out = run(words_only(home.path()).args(["ask", "--json", "What does claim rejection code 75 mean?"]));
    assert!(String::from_utf8_lossy(&out.stderr).contains("searching by words alone"));
    let a: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(a["passages"][0]["document"], "reject-75");
    assert_eq!(a["sentences"][0]["grounding"], "verbatim");
    assert!(a["models"]["embedding"].is_null());
    assert_eq!(a["notices"].as_array().unwrap().len(), 1);
    assert_eq!(a["notices"][0]["about"], "embedding");
    assert!(
        a["notices"][0]["message"]
            .as_str()
            .unwrap()
            .contains("model.safetensors is not in")
    );
    let a = json(words_only(home.path()).args(["ask", "--json", "reject 7Z5"]));
    assert_eq!(a["reason"], "unknown_code");
}

/// A file that may not grow is what a full disk is to a program. The shell's limit makes one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_the_last_release_stays() {
    let dir = small();
    let many: String = (0..3000)
        .map(|i| {
            format!("q{i},Question number {i} about refills and plans?,\"Answer {i}: call the plan {i} times.\"\n")
        })
        .collect();
    fs::write(dir.path().join("many.csv"), format!("id,question,answer\n{many}")).unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 200; exec '{}' kb build many.csv --out r",
        programs().join("mortar").display()
    );
    let mut c = Command::new("bash");
    c.args(["-c", &script])
        .current_dir(dir.path())
        .env("MORTAR_HOME", dir.path())
        .env("MORTAR_MODELS", dir.path());
    let said = refused(&mut c, 1);
    assert!(
        said.contains("cannot be written") && said.contains("free some space"),
        "{said}"
    );
    assert_eq!(
        json(&mut ask(dir.path(), "How long does shipping take?"))["abstained"],
        false
    );
    // What was begun is cleared away.
    assert_eq!(
        fs::read_dir(dir.path().join("r"))
            .unwrap()
            .flatten()
            .filter(|e| e.path().is_dir())
            .count(),
        1
    );
}

/// A folder of releases, published from `few.csv`, then from `many.csv`, and a device that has the first.
#[cfg(unix)]
fn followed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let rows = |n: usize| -> String {
        (0..n)
            .map(|i| {
                format!("q{i},Question number {i} about refills and plans?,\"Answer {i}: call the plan {i} times.\"\n")
            })
            .collect()
    };
    for (name, n) in [("few", 30), ("many", 3000)] {
        fs::write(
            dir.path().join(format!("{name}.csv")),
            format!("id,question,answer\n{}", rows(n)),
        )
        .unwrap();
    }
    assert!(
        run(&mut at_store(dir.path(), &["kb", "keys", "init", "--keys", "keys"]))
            .status
            .success()
    );
    json(&mut at_store(dir.path(), &publishing("few.csv")));
    json(&mut at_store(dir.path(), &SYNC));
    dir
}

#[cfg(unix)]
const SYNC: [&str; 4] = ["sync", "--root", "keys/root.json", "--json"];

#[cfg(unix)]
fn publishing(source: &str) -> [&str; 8] {
    ["kb", "publish", source, "--channel", "live", "--keys", "keys", "--json"]
}

#[cfg(unix)]
fn at_store(dir: &Path, arguments: &[&str]) -> Command {
    let mut c = words_only(&dir.join("home"));
    c.args(arguments).args(["--store", "store"]).current_dir(dir);
    c
}

/// The same with files that may not grow beyond so many kilobytes.
#[cfg(target_os = "linux")]
fn on_a_full_disk(dir: &Path, kilobytes: u32, arguments: &[&str]) -> Command {
    let mut c = Command::new("bash");
    c.args([
        "-c",
        &format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\""),
    ])
    .arg(programs().join("mortar"))
    .args(arguments)
    .args(["--store", "store"])
    .current_dir(dir)
    .env("MORTAR_HOME", dir.join("home"))
    .env("MORTAR_MODELS", dir);
    c
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_while_publishing_or_following_is_said_and_nothing_is_lost() {
    let dir = followed();
    let held = || {
        json(words_only(&dir.path().join("home")).args(["browse", "--json"]))
            .as_array()
            .unwrap()
            .len()
    };
    let publish = publishing("many.csv");
    // Where it fills is another place each time.
    for kilobytes in [0, 1, 2, 4, 8] {
        let said = refused(&mut on_a_full_disk(dir.path(), kilobytes, &publish), 1);
        assert!(said.contains("free some space"), "{kilobytes} kB: {said}");
        let checked = json(&mut at_store(dir.path(), &["kb", "verify", "--keys", "keys", "--json"]));
        assert_eq!(
            (checked["releases"].as_u64(), checked["faults"].as_array().map(Vec::len)),
            (Some(1), Some(0))
        );
    }
    json(&mut at_store(dir.path(), &publish));
    for kilobytes in [0, 1, 3, 8, 20, 60, 150, 400, 1200] {
        let said = refused(&mut on_a_full_disk(dir.path(), kilobytes, &SYNC), 1);
        assert!(said.contains("free some space"), "{kilobytes} kB: {said}");
        assert_eq!(held(), 30, "{kilobytes} kB");
    }
    json(&mut at_store(dir.path(), &SYNC));
    assert_eq!(held(), 3000);
}

#[cfg(unix)]
#[test]
fn a_home_that_may_only_be_read_is_said_and_answers_go_on() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let dir = followed();
    let publish = publishing("many.csv");
    json(&mut at_store(dir.path(), &publish));
    // Root may write anywhere, so it is somebody else who comes; they need a way to the program.
    let root = fs::metadata(dir.path()).unwrap().uid() == 0;
    let program = dir.path().join("mortar");
    fs::copy(programs().join("mortar"), &program).unwrap();
    let allow = |mode: u32| {
        let mut folders = vec![dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            for path in fs::read_dir(&folder).unwrap().flatten().map(|e| e.path()) {
                match path.is_dir() {
                    true => folders.push(path),
                    // What is kept is its owner's alone, who here is root.
                    false if path != program => {
                        fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o666)).unwrap();
                    }
                    false => {}
                }
            }
        }
    };
    let somebody = |arguments: &[&str]| {
        let mut c = Command::new(&program);
        c.args(arguments)
            .current_dir(dir.path())
            .env("MORTAR_HOME", dir.path().join("home"))
            .env("MORTAR_MODELS", dir.path());
        if root {
            c.uid(65534).gid(65534);
        }
        c
    };
    allow(0o555);
    let said = refused(somebody(&SYNC).args(["--store", "store"]), 1);
    let rows = json(&mut somebody(&["browse", "--json"]));
    let answered = json(&mut somebody(&[
        "ask",
        "--json",
        "Question number 7 about refills and plans?",
    ]));
    allow(0o755);
    assert!(said.contains("Choose a folder that you may write to"), "{said}");
    assert_eq!(rows.as_array().unwrap().len(), 30);
    assert_eq!(answered["abstained"], false, "{answered:#}");
    json(&mut at_store(dir.path(), &SYNC));
}

/// Root may write anywhere: a mount is what it cannot write to, and a file in the way is what
/// nobody can write through.
#[test]
fn a_home_that_cannot_be_written_is_said() {
    let dir = small();
    let file = dir.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let mut c = words_only(&file);
    c.args(["ask", "reject 75"]);
    assert!(refused(&mut c, 1).contains("cannot be written"));
    // A release that is given directly needs no home.
    let mut c = words_only(&file);
    c.args(["ask", "--json", "How long does shipping take?", "--release"])
        .arg(dir.path().join("r"));
    assert_eq!(json(&mut c)["abstained"], false);
    let out = run(words_only(&file).arg("doctor"));
    assert!(String::from_utf8_lossy(&out.stdout).contains("Choose a folder that you may write to"));
}

#[test]
fn usage_errors_are_exit_2() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["frobnicate"][..],
        &["ask"],
        &["ask", "q", "--as-of", "soon"],
        &["search"],
        &["kb", "build", "x"],
        &["--tenant", "../x", "ask", "q"],
        &["--tenant", "nobody", "ask", "q"],
    ] {
        refused(words_only(dir.path()).args(arguments), 2);
    }
}
