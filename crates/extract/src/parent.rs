//! The parent: starts a child for each file, feeds it, and ends it when its time is over. What the child says is taken
//! for text or for a reason, never for anything else; its death is a reason.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mortar_sources::extractor::{Extract, Extracted, Extractor, Told};

use crate::child::REFUSED;
use crate::limits::{LONGEST, TIME};

/// The word by which the program is the child.
pub const WORD: &str = "__extract";
/// Of a reason, in bytes.
const LONGEST_REASON: usize = 500;
/// Of all that is told of a file, in bytes.
const LONGEST_TOLD: u64 = 64 * 1024;

/// The program that is started as a child.
pub struct Child {
    program: Option<PathBuf>,
}

impl Child {
    /// The program itself where it is `mortar`, else the one that lies beside it.
    pub fn beside(me: Option<&Path>) -> Self {
        let is_it = |p: &Path| p.file_stem().is_some_and(|n| n == "mortar");
        let beside = |p: &Path| {
            let name = format!("mortar{}", std::env::consts::EXE_SUFFIX);
            let mut folders = p.ancestors().skip(1).take(2);
            folders.find_map(|f| Some(f.join(&name)).filter(|p| p.is_file()))
        };
        Child {
            program: me.and_then(|p| if is_it(p) { Some(p.to_owned()) } else { beside(p) }),
        }
    }
}

impl Extractor for Child {
    fn extract(&self, what: Extracted, bytes: &[u8]) -> Result<Extract, String> {
        let program = self
            .program
            .as_ref()
            .ok_or("the program that reads such files, mortar, is not there")?;
        let mut child = Command::new(program)
            .args([WORD, what.name()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("its reader cannot be started: {e}"))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            // A child that ends before it has read all is told by its end.
            scope.spawn(move || stdin.is_some_and(|mut to| to.write_all(bytes).is_ok()));
            let text = scope.spawn(move || all(stdout, LONGEST));
            let told = scope.spawn(move || all(stderr, LONGEST_TOLD));
            let ended = ended(&mut child);
            let text = text.join().unwrap_or_default();
            let told = told.join().unwrap_or_default();
            said(ended, text, told)
        })
    }
}

/// How the child ended; none where its time was over.
fn ended(child: &mut std::process::Child) -> Option<ExitStatus> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    while started.elapsed() < TIME {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(pause),
            Err(_) => break,
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    // It may have ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn all(from: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(from) = from {
        // What broke off is told by how the child ended.
        let _ = from.take(most + 1).read_to_end(&mut out);
    }
    out
}

fn said(ended: Option<ExitStatus>, text: Vec<u8>, told: Vec<u8>) -> Result<Extract, String> {
    let Some(status) = ended else {
        return Err(format!("it takes longer than {} seconds to read", TIME.as_secs()));
    };
    if text.len() as u64 > LONGEST {
        return Err("it holds more text than a document may".into());
    }
    let told = String::from_utf8_lossy(&told);
    let plain = |text: &str| {
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect::<String>()
    };
    match status.code() {
        Some(0) => Ok(Extract {
            text: String::from_utf8(text).map_err(|_| "its reader gave no text")?,
            told: told.lines().filter_map(|l| Told::of(&plain(l))).collect(),
        }),
        Some(code) if code == i32::from(REFUSED) => {
            let end = told.floor_char_boundary(LONGEST_REASON.min(told.len()));
            Err(plain(&told[..end]))
        }
        _ => Err("its reader died of it: it is damaged, or made to harm".into()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn each_end_of_the_child_is_text_or_a_reason() {
        let with = |raw: i32, text: &[u8], reason: &str| {
            said(
                Some(ExitStatus::from_raw(raw)),
                text.to_vec(),
                reason.as_bytes().to_vec(),
            )
        };
        let read = |told| Extract {
            text: "# A".into(),
            told,
        };
        assert_eq!(with(0, b"# A", ""), Ok(read(Vec::new())));
        let told = Told {
            page: 2,
            missing: true,
            reason: "a picture".into(),
        };
        // What is no such line, or broke off, is nothing that can be told.
        let lines = format!("{}unsure two x\nmissing\n\u{1b}[2Junsure 1\nmissi", told.line());
        assert_eq!(with(0, b"# A", &lines), Ok(read(vec![told])));
        assert_eq!(with(3 << 8, b"half", "it is\nno docx"), Err("it is no docx".into()));
        for (raw, text) in [(11, &b"half"[..]), (6, b""), (9, b""), (101 << 8, b"half")] {
            assert!(with(raw, text, "x").unwrap_err().contains("died of it"), "{raw}");
        }
        assert!(with(0, b"\xff", "").is_err());
        assert!(with(0, &vec![b'a'; LONGEST as usize + 1], "").is_err());
        assert!(said(None, Vec::new(), Vec::new()).unwrap_err().contains("10 seconds"));
    }

    #[test]
    fn without_the_program_a_file_is_refused() {
        let child = Child::beside(Some(Path::new("/nowhere/deep/test")));
        assert!(
            child
                .extract(Extracted::Pdf, b"x")
                .unwrap_err()
                .contains("is not there")
        );
        let child = Child {
            program: Some("/nowhere/mortar".into()),
        };
        assert!(
            child
                .extract(Extracted::Pdf, b"x")
                .unwrap_err()
                .contains("cannot be started")
        );
    }
}
