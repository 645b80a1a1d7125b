//! An archive of sources, as Notion exports a space: its files by their names without what the program put into them,
//! archives within it opened once. Nothing of it touches the disk; what unpacks beyond its bounds is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use regex::Regex;
use zip::ZipArchive;

use crate::limits::{LARGEST_FILE, MB};

/// Of all that unpacks, and how many files.
const MOST_BYTES: u64 = 512 * MB as u64;
const MOST_FILES: usize = 20_000;

/// A file of an archive.
pub struct Unpacked {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What an archive holds, and what of it is only told.
#[derive(Default)]
pub struct Archive {
    pub files: Vec<Unpacked>,
    pub told: Vec<String>,
    spent: u64,
}

pub fn unpack(bytes: &[u8]) -> Result<Archive, String> {
    let mut out = Archive::default();
    out.open(bytes, true)?;
    out.files.sort_by(|a, b| a.name.cmp(&b.name));
    out.without_tables();
    Ok(out)
}

impl Archive {
    fn open(&mut self, bytes: &[u8], may_nest: bool) -> Result<(), String> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("no archive: {e}"))?;
        if zip.len() + self.files.len() > MOST_FILES {
            return Err(format!("it holds more than {MOST_FILES} files"));
        }
        for n in 0..zip.len() {
            let file = zip.by_index(n).map_err(|e| format!("it is damaged: {e}"))?;
            let name = file
                .name()
                .map_err(|e| format!("it is damaged: {e}"))?
                .replace('\\', "/");
            let is_own = name
                .split('/')
                .any(|p| p == ".." || p.starts_with('.') || p == "__MACOSX");
            if file.is_dir() || is_own {
                continue;
            }
            let mut bytes = Vec::new();
            let read = file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes);
            read.map_err(|e| format!("its file {name} is damaged: {e}"))?;
            self.spent += bytes.len() as u64;
            if self.spent > MOST_BYTES || bytes.len() > LARGEST_FILE {
                return Err(format!("it unpacks to more than {} MB", MOST_BYTES / MB as u64));
            }
            if !name.to_lowercase().ends_with(".zip") {
                let name = plain(&name);
                self.files.push(Unpacked { name, bytes });
            } else if may_nest {
                self.open(&bytes, false)?;
            } else {
                self.told
                    .push(format!("an archive in an archive in it is not opened: {name}"));
            }
        }
        Ok(())
    }

    /// A table whose rows are pages beside it says nothing that these do not say.
    fn without_tables(&mut self) {
        let mut pages: BTreeMap<String, usize> = BTreeMap::new();
        for file in &self.files {
            if let (Some((folder, _)), true) = (file.name.rsplit_once('/'), file.name.ends_with(".md")) {
                *pages.entry(folder.to_owned()).or_default() += 1;
            }
        }
        let of = |name: &str| {
            let stem = name.strip_suffix(".csv")?;
            let stem = stem.strip_suffix("_all").unwrap_or(stem);
            pages.get(stem).map(|n| (stem.to_owned(), *n))
        };
        let tables: BTreeSet<(String, usize)> = self.files.iter().filter_map(|f| of(&f.name)).collect();
        self.files.retain(|f| of(&f.name).is_none());
        let told = tables
            .into_iter()
            .map(|(name, n)| format!("the table {name} is read as its pages ({n})"));
        self.told.extend(told);
    }
}

/// A name without the 32 digits that Notion puts behind each part.
fn plain(name: &str) -> String {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)[ _-][0-9a-f]{32}(_all)?(/|\.[a-z]+$)").expect("a valid pattern"));
    ID.replace_all(name, "$1$2").into_owned()
}

/// A page of Notion with its properties, which stand below its title, as front matter; any other as it is.
pub fn with_properties(page: &str) -> String {
    let page = page.replace("\r\n", "\n");
    let Some((title, rest)) = page
        .split_once("\n\n")
        .filter(|(t, _)| t.starts_with("# ") && !t.contains('\n'))
    else {
        return page;
    };
    let (block, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let property = |line: &str| {
        let (name, value) = line.split_once(": ").or(line.strip_suffix(':').map(|n| (n, "")))?;
        let is_name = name.chars().count() <= 40 && name.chars().all(|c| c.is_alphanumeric() || " _/?-".contains(c));
        is_name.then(|| (name.to_owned(), value.trim().to_owned()))
    };
    let Some(properties) = block
        .trim_end()
        .lines()
        .map(property)
        .collect::<Option<Vec<_>>>()
        .filter(|p| !p.is_empty())
    else {
        return page;
    };
    let quoted = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
    let front: String = properties
        .iter()
        .map(|(n, v)| format!("{}: {}\n", quoted(n), quoted(v)))
        .collect();
    format!("---\n{front}---\n{title}\n\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_the_program_put_into_them() {
        let id = "0123456789abcdef0123456789ABCDEF";
        for (name, want) in [
            (format!("Space {id}/Returns {id}.md"), "Space/Returns.md"),
            (format!("Table {id}_all.csv"), "Table_all.csv"),
            ("Plain.md".to_owned(), "Plain.md"),
            (format!("{id}.md"), &format!("{id}.md")),
        ] {
            assert_eq!(plain(&name), want);
        }
    }

    #[test]
    fn properties_become_front_matter_and_a_list_of_sentences_does_not() {
        assert_eq!(
            with_properties("# T\n\nStatus: Draft\nOwner: A \"B\"\n\nText."),
            "---\n\"Status\": \"Draft\"\n\"Owner\": \"A \\\"B\\\"\"\n---\n# T\n\nText."
        );
        for same in ["# T\n\nText.", "# T\n\nOne: two.\nThree.\n\nText.", "Text: x\n\nMore."] {
            assert_eq!(with_properties(same), same);
        }
    }
}
