//! A `sources.toml` proposed from what is found: which files, what each name seems to mean by itself and by what stands
//! below it. Written for a person to read; what could decide and cannot be told is left open, and stops an import.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mortar_sources::{Mapping, NoExtractor, Source, import_sources, is_source, listed};

use crate::error::IntakeError;
use crate::folder::PLAN;
use names::{Names, quoted};

const HEAD: &str = "\
# What Mortar reads of this folder and what the names in it mean. Read it, change it, then: mortar kb import
#
# A name becomes what a document has: question or title, answer, body or text, id, kind, codes, url, version,
# effective_from, effective_to, owner, tags, history. \"append\" writes it under the answer with its name,
# \"ignore\" leaves it out, { in_force = [\"Live\"] } takes only what says so.
# A line that begins with #? is yours to decide: until then the import stops.

format = 1
ignore = []
";

/// Proposes a plan for a folder, or for files of one folder, and where it belongs.
pub fn suggest(sources: &[PathBuf]) -> Result<(PathBuf, String), IntakeError> {
    let dir = folder(sources)?;
    let path = dir.join(PLAN);
    if path.exists() {
        return Err(IntakeError::Exists(path));
    }
    let mut groups: BTreeMap<String, Vec<(String, PathBuf)>> = BTreeMap::new();
    for source in sources {
        for (name, path) in listed(std::slice::from_ref(source))? {
            let name = match source.is_dir() && *source != dir {
                true => format!("{}/{name}", source.file_name().unwrap_or_default().to_string_lossy()),
                false => name,
            };
            if is_source(&name) {
                groups.entry(pattern(&name)).or_default().push((name, path));
            }
        }
    }
    let mut out = HEAD.to_owned();
    for (pattern, files) in groups {
        out += &source(&pattern, files)?;
    }
    Ok((path, out))
}

/// The folder that all of them are in.
fn folder(sources: &[PathBuf]) -> Result<PathBuf, IntakeError> {
    if let [one] = sources
        && one.is_dir()
    {
        return Ok(one.clone());
    }
    let parents: BTreeSet<&Path> = sources.iter().filter_map(|s| s.parent()).collect();
    let all: Vec<String> = sources.iter().map(|s| s.display().to_string()).collect();
    match parents.into_iter().collect::<Vec<_>>()[..] {
        [one] if one.as_os_str().is_empty() => Ok(PathBuf::from(".")),
        [one] => Ok(one.to_owned()),
        _ => Err(IntakeError::NotOneFolder(all.join(", "))),
    }
}

/// Tables are a source each, since each has its own names; pages of one kind in one folder are one.
fn pattern(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(f, n)| (f, n));
    let extension = file.rsplit_once('.').map_or("", |(_, e)| e);
    let is_page = [
        "md", "markdown", "html", "htm", "xhtml", "xht", "docx", "pptx", "odt", "rtf", "pdf", "eml",
    ]
    .contains(&extension.to_lowercase().as_str());
    let escaped = |text: &str| glob::Pattern::escape(text);
    match (is_page, folder) {
        (false, _) => escaped(name),
        (true, "") => format!("*.{extension}"),
        (true, folder) => format!("{}/*.{extension}", escaped(folder)),
    }
}

fn source(pattern: &str, files: Vec<(String, PathBuf)>) -> Result<String, IntakeError> {
    let mapping = Mapping::surveying();
    let sources = files.iter().map(|(name, path)| {
        Ok::<_, IntakeError>(Source {
            name: name.clone(),
            bytes: mortar_sources::bytes(path)?,
            mapping: &mapping,
        })
    });
    // What cannot be read is named by the import itself.
    let imported = import_sources(sources, &NoExtractor)?;
    let mut out = String::new();
    let files = files
        .iter()
        .filter(|(name, _)| !imported.ignored.contains(name))
        .count();
    if files == 0 {
        return Ok(out);
    }
    let met = mapping
        .survey()
        .map(mortar_sources::survey::Survey::met)
        .unwrap_or_default();
    let names = Names::of(met);
    out += &format!("\n[[source]]\npath = {}\n", quoted(pattern));
    out += &names.dates();
    let lines = names.lines();
    if !lines.is_empty() {
        out += "[source.columns]\n";
        lines.iter().for_each(|line| {
            out += line;
            out.push('\n');
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::NoDatabase;
    use crate::folder::{Folder, With};

    const NONE: With<'static> = With {
        extractor: &NoExtractor,
        database: &NoDatabase,
    };

    fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn proposed(files: &[(&str, &str)]) -> String {
        let dir = dir(files);
        let (path, text) = suggest(&[dir.path().to_owned()]).unwrap();
        assert_eq!(path, dir.path().join(PLAN));
        text.strip_prefix(HEAD).unwrap().to_owned()
    }

    #[test]
    fn names_and_what_stands_below_them_say_what_they_mean() {
        for (name, text, want) in [
            (
                "faq.csv",
                "Pregunta;Respuesta;Vence el;Departamento\n¿Cuándo?;A las seis.;31/12/2026;Caja\n¿Y?;Sí.;01/02/2027;Caja\n",
                "path = \"faq.csv\"\ndates = \"%d/%m/%Y\"\n[source.columns]\n\
                 \"Pregunta\" = \"question\"  # 2: ¿Cuándo?, ¿Y?\n\"Respuesta\" = \"answer\"  # 2: A las seis., Sí.\n\
                 \"Vence el\" = \"effective_to\"  # 2: 31/12/2026, 01/02/2027\n\"Departamento\" = \"ignore\"  # 2: Caja\n",
            ),
            (
                "a.csv",
                "answer,Status,Exception,Answer 2\nAt six.,Published,Not on Sundays.,\nAt 7.,Draft,,More.\n",
                "path = \"a.csv\"\n[source.columns]\n\"Status\" = { in_force = [\"Published\"] }  # 2: Published, Draft\n\
                 \"Exception\" = \"append\"  # 1: Not on Sundays.\n\
                 #? \"Answer 2\" = \"append\"  # 1: More. It looks like a second answer\n",
            ),
            (
                "b.csv",
                "Thema,Worte\nDock hours,The dock opens at six in the morning on all days.\nGate,The gate is shut at night and on Sunday.\n",
                "path = \"b.csv\"\n[source.columns]\n\"Thema\" = \"title\"  # 2: Dock hours, Gate\n\
                 \"Worte\" = \"answer\"  # 2: The dock opens at six in the morning on all days.\n",
            ),
            (
                "c.csv",
                "answer,expires\nYes.,03/04/2026\n",
                "path = \"c.csv\"\n#? dates = \"%m/%d/%Y\"  # or \"%d/%m/%Y\": the days here could be both\n\
                 [source.columns]\n\"expires\" = \"effective_to\"  # 1: 03/04/2026\n",
            ),
            (
                "d.json",
                "{\"items\": [{\"answer\": \"Yes.\", \"author\": {\"name\": \"A\"}, \"NDC\": \"0002-8215-01\"}]}",
                "path = \"d.json\"\n[source.columns]\n\"author.name\" = \"ignore\"  # 1: A\n\"NDC\" = \"codes\"  # 1: 0002-8215-01\n",
            ),
        ] {
            assert_eq!(proposed(&[(name, text)]), format!("\n[[source]]\n{want}"), "{name}");
        }
    }

    #[test]
    fn pages_of_a_folder_are_one_source_and_no_plan_is_written_over() {
        let files = [
            ("docs/a.md", "---\nlayout: page\n---\n# A\n\nText."),
            ("docs/b.md", "# B\n\nText."),
            ("index.html", "<h1>H</h1><p>Text.</p>"),
            ("notes.xyz", "none"),
        ];
        assert_eq!(
            proposed(&files),
            "\n[[source]]\npath = \"*.html\"\n\n[[source]]\npath = \"docs/*.md\"\n[source.columns]\n\
             \"layout\" = \"ignore\"  # 1: page\n"
        );
        let dir = dir(&[("sources.toml", "mine"), ("a.md", "# A\n\nText.")]);
        let said = suggest(&[dir.path().to_owned()]).unwrap_err().to_string();
        assert!(said.contains("is there already"), "{said}");
    }

    #[test]
    fn what_is_proposed_and_leaves_nothing_open_is_imported_as_it_is() {
        let dir = dir(&[
            (
                "faq.csv",
                "Pregunta;Respuesta;Vence el;Departamento\n¿Cuándo?;A las seis.;31/12/2026;Caja\n",
            ),
            ("p.md", "---\nlayout: page\n---\n# A\n\nText."),
            ("open.csv", "answer,Status\nYes.,Live\nNo.,Old\n"),
        ]);
        let (path, text) = suggest(&[dir.path().to_owned()]).unwrap();
        std::fs::write(path, text).unwrap();
        let today = jiff::civil::date(2026, 11, 26);
        let intake = Folder::open(dir.path()).unwrap().import(today, false, NONE).unwrap();
        let stops: Vec<String> = intake
            .imported
            .findings
            .iter()
            .filter(|f| f.stops)
            .map(|f| f.to_string())
            .collect();
        assert_eq!(stops, [""; 0]);
        assert_eq!(intake.imported.documents.len(), 3);
        let until: Vec<String> = intake
            .imported
            .documents
            .iter()
            .filter_map(|d| d.effective_to)
            .map(|d| d.to_string())
            .collect();
        assert_eq!(until, ["2026-12-31"]);
    }
}
