//! Which document of this import is which of the last one: by its file, by the id that its source gives it, by what it
//! says, by most of what it says. A document that was renamed, moved or reworded keeps its id.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use mortar_sources::{Document, is_made};

use crate::memory::Known;
use crate::sketch::Sketch;

/// Texts that share less are two documents.
const LIKE: f32 = 0.5;

/// A document as it was read now.
pub struct Read {
    pub document: Document,
    pub file: String,
    pub place: Option<String>,
}

/// What became of a document since the last import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    New,
    Changed,
    Moved,
    Unchanged,
}

pub struct Compared {
    /// In the order of their ids, which are those of before where there was one.
    pub documents: Vec<(Read, Known, Since)>,
    pub gone: Vec<Known>,
}

pub fn compare(read: Vec<Read>, before: &[Known], today: Date) -> Compared {
    let now: Vec<(String, Sketch)> = read.iter().map(|r| (hash(&r.document), sketch(&r.document))).collect();
    let same = Matching::of(&read, &now, before);
    let mut taken: BTreeSet<String> = same.iter().flatten().map(|b| before[*b].id.clone()).collect();
    let mut documents = Vec::new();
    for ((mut r, (hash, words)), was) in read.into_iter().zip(now).zip(&same) {
        let was = was.map(|b| &before[b]);
        let read_as = r.document.id.clone();
        let id = match was {
            Some(was) => was.id.clone(),
            None => free(&read_as, &mut taken),
        };
        let since = match was {
            None => Since::New,
            Some(was) if was.hash != hash => Since::Changed,
            Some(was) if was.file != r.file => Since::Moved,
            Some(_) => Since::Unchanged,
        };
        let known = Known {
            read_as: Some(read_as).filter(|read| *read != id),
            id: id.clone(),
            file: r.file.clone(),
            place: match (since, was) {
                // Rows move when others come: a document that does not change says where it was first read so.
                (Since::Unchanged, Some(was)) => was.place.clone(),
                _ => r.place.clone(),
            },
            read: was.filter(|w| w.hash == hash).map_or(today, |w| w.read),
            hash,
            words: words.hex(),
        };
        r.document.id = id;
        documents.push((r, known, since));
    }
    documents.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let met: BTreeSet<usize> = same.into_iter().flatten().collect();
    let gone = before.iter().enumerate().filter(|(b, _)| !met.contains(b));
    Compared {
        documents,
        gone: gone.map(|(_, known)| known.clone()).collect(),
    }
}

/// The id, or one made of it where a document that was renamed has kept it.
fn free(id: &str, taken: &mut BTreeSet<String>) -> String {
    let ids = std::iter::once(id.to_owned()).chain((2..).map(|n| format!("{id}-{n}")));
    let mut ids = ids.filter(|id| !taken.contains(id));
    let found = ids.next().unwrap_or_default();
    taken.insert(found.clone());
    found
}

fn hash(document: &Document) -> String {
    let nameless = Document {
        id: String::new(),
        source: None,
        ..document.clone()
    };
    // A document is text and numbers: it can be written.
    let said = serde_json::to_vec(&nameless).unwrap_or_default();
    blake3::hash(&said).to_hex()[..16].to_owned()
}

fn sketch(document: &Document) -> Sketch {
    Sketch::of(&format!("{} {}", document.title, document.body))
}

/// Of each document that was read, which of the last import it is.
struct Matching<'a> {
    read: &'a [Read],
    before: &'a [Known],
    same: Vec<Option<usize>>,
    met: BTreeSet<usize>,
}

impl<'a> Matching<'a> {
    fn of(read: &'a [Read], now: &[(String, Sketch)], before: &'a [Known]) -> Vec<Option<usize>> {
        let mut m = Matching {
            read,
            before,
            same: vec![None; read.len()],
            met: BTreeSet::new(),
        };
        // A page is its file; a row, what its source calls it.
        m.by(
            |r| Some((r.file.clone(), String::new())).filter(|_| r.place.is_none()),
            |k| Some((k.file.clone(), String::new())).filter(|_| k.place.is_none()),
        );
        let called = |k: &Known| k.read_as.clone().unwrap_or_else(|| k.id.clone());
        m.by(
            |r| Some((r.file.clone(), r.document.id.clone())),
            |k| Some((k.file.clone(), called(k))),
        );
        m.by(|r| Some(r.document.id.clone()), |k| Some(called(k)));
        m.by_hash(now);
        m.by_words(now);
        m.same
    }

    fn meet(&mut self, n: usize, b: usize) {
        self.same[n] = Some(b);
        self.met.insert(b);
    }

    fn by<K: Ord>(&mut self, of_read: impl Fn(&Read) -> Option<K>, of_known: impl Fn(&Known) -> Option<K>) {
        let free = self.before.iter().enumerate().filter(|(b, _)| !self.met.contains(b));
        let mut known: BTreeMap<K, usize> = free.filter_map(|(b, k)| Some((of_known(k)?, b))).collect();
        for n in 0..self.read.len() {
            if self.same[n].is_none()
                && let Some(b) = of_read(&self.read[n]).and_then(|key| known.remove(&key))
            {
                self.meet(n, b);
            }
        }
    }

    /// Those that nothing was found for and whose source gave them no id of their own.
    fn nameless(&self) -> Vec<usize> {
        let open = (0..self.read.len()).filter(|n| self.same[*n].is_none());
        open.filter(|n| is_made(&self.read[*n].document.id, &self.read[*n].file))
            .collect()
    }

    fn by_hash(&mut self, now: &[(String, Sketch)]) {
        let mut gone: HashMap<&str, Vec<usize>> = HashMap::new();
        for (b, k) in self.before.iter().enumerate().rev() {
            if !self.met.contains(&b) {
                gone.entry(&k.hash).or_default().push(b);
            }
        }
        for n in self.nameless() {
            if let Some(b) = gone.get_mut(now[n].0.as_str()).and_then(Vec::pop) {
                self.meet(n, b);
            }
        }
    }

    /// The most alike first, each once.
    fn by_words(&mut self, now: &[(String, Sketch)]) {
        let gone: Vec<(usize, Sketch)> = self
            .before
            .iter()
            .enumerate()
            .filter(|(b, _)| !self.met.contains(b))
            .filter_map(|(b, k)| Some((b, Sketch::from_hex(&k.words)?)))
            .collect();
        let mut pairs = Vec::new();
        for n in self.nameless() {
            let likes = gone.iter().map(|(b, words)| (now[n].1.like(words), n, *b));
            pairs.extend(likes.filter(|(like, ..)| *like >= LIKE));
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, n, b) in pairs {
            if self.same[n].is_none() && !self.met.contains(&b) {
                self.meet(n, b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mortar_sources::import_files;

    use super::*;

    const DAY: Date = jiff::civil::date(2026, 11, 26);
    const LONG: &str = "Call the plan and ask for a vacation override. Tell the member that it takes two days, and \
                        that nothing is shipped before that. Note who you spoke with in the profile of the member.";

    fn read(files: &[(&str, String)]) -> Vec<Read> {
        let files = files
            .iter()
            .map(|(n, t)| Ok::<_, ()>(((*n).to_owned(), t.clone().into_bytes())));
        let imported = import_files(files).unwrap();
        assert_eq!(
            imported.findings.iter().filter(|f| f.stops).count(),
            0,
            "{:?}",
            imported.findings
        );
        let places = imported.places;
        let read = |document: Document| {
            let stands = places[&document.id].clone();
            Read {
                file: stands.file,
                place: stands.place,
                document,
            }
        };
        imported.documents.into_iter().map(read).collect()
    }

    /// What a second import says: `id since`, and what is gone.
    fn second(one: &[(&str, String)], two: &[(&str, String)]) -> Vec<String> {
        let before: Vec<Known> = compare(read(one), &[], DAY)
            .documents
            .into_iter()
            .map(|d| d.1)
            .collect();
        let after = compare(read(two), &before, DAY);
        let said = after
            .documents
            .iter()
            .map(|(_, k, since)| format!("{} {since:?}", k.id));
        let gone = after.gone.iter().map(|k| format!("{} gone", k.id));
        said.chain(gone).filter(|s| !s.ends_with("Unchanged")).collect()
    }

    #[test]
    fn a_second_import_says_what_became_of_each() {
        let page = |text: &str| format!("# A page\n\n{text}\n");
        let rows = |rows: &str| format!("question,answer\n{rows}");
        let base = rows("When?,At 6.\nWhere?,At the dock of the north gate.\n");
        for (name, one, two, want) in [
            (
                "nothing",
                vec![("a.md", page(LONG))],
                vec![("a.md", page(LONG))],
                vec![],
            ),
            (
                "edited",
                vec![("a.md", page(LONG))],
                vec![("a.md", page("Other."))],
                vec!["a Changed"],
            ),
            (
                "renamed",
                vec![("a.md", page(LONG))],
                vec![("b.md", page(LONG))],
                vec!["a Moved"],
            ),
            (
                "renamed and edited",
                vec![("a.md", page(LONG))],
                vec![("b.md", page(&LONG.replace("two days", "three days")))],
                vec!["a Changed"],
            ),
            (
                "into a folder",
                vec![("a.md", page(LONG))],
                vec![("x/a.md", page(LONG))],
                vec!["a Moved"],
            ),
            (
                "another in its place",
                vec![("a.md", page(LONG))],
                vec![("a.md", page("Other.")), ("c.md", page("Third."))],
                vec!["a Changed", "c New"],
            ),
            (
                "a table renamed",
                vec![("t.csv", "id,answer\nx,At 6.\n".into())],
                vec![("u.csv", "id,answer\nx,At 6.\n".into())],
                vec!["x Moved"],
            ),
            (
                "rows moved",
                vec![("t.csv", base.clone())],
                vec![("t.csv", rows("Where?,At the dock of the north gate.\nWhen?,At 6.\n"))],
                vec![],
            ),
            (
                "dialect",
                vec![("t.csv", base.clone())],
                vec![("t.csv", base.replace(',', ";"))],
                vec![],
            ),
            (
                "withdrawn",
                vec![("t.csv", "id,answer\nx,At 6.\ny,At 7.\n".into())],
                vec![("t.csv", "id,answer\ny,At 7.\n".into())],
                vec!["x gone"],
            ),
            (
                "a digit",
                vec![("t.csv", "id,answer\nx,At 6.\ny,At 7.\n".into())],
                vec![("t.csv", "id,answer\nx,At 6.\ny,At 8.\n".into())],
                vec!["y Changed"],
            ),
            (
                "an own id is the source's to change",
                vec![("t.csv", "id,answer\nx,At the dock of the north gate.\n".into())],
                vec![("t.csv", "id,answer\nz,At the dock of the north gate.\n".into())],
                vec!["z New", "x gone"],
            ),
        ] {
            assert_eq!(second(&one, &two), want, "{name}");
        }
    }

    #[test]
    fn a_row_whose_title_was_reworded_keeps_its_id() {
        let rows = |rows: &str| format!("question,answer\n{rows}");
        let title = |t: &str| vec![("t.csv", rows(&format!("{t},\"{LONG}\"\n")))];
        let before = read(&title("Who grants a vacation override?"))[0].document.id.clone();
        let said = second(
            &title("Who grants a vacation override?"),
            &title("Who can grant a vacation override?"),
        );
        assert_eq!(said, [format!("{before} Changed")], "a title reworded");
    }

    #[test]
    fn a_name_that_was_taken_over_is_free_for_nobody() {
        let (a, b) = (format!("# A\n\n{LONG}"), "# B\n\nShort.".to_owned());
        let one = compare(read(&[("a.md", a.clone())]), &[], DAY);
        let known: Vec<Known> = one.documents.into_iter().map(|d| d.1).collect();
        let two = compare(read(&[("b.md", a.clone())]), &known, DAY);
        let known: Vec<Known> = two.documents.into_iter().map(|d| d.1).collect();
        assert_eq!((known[0].id.as_str(), known[0].read_as.as_deref()), ("a", Some("b")));
        let three = compare(read(&[("b.md", a), ("a.md", b)]), &known, DAY);
        let ids: Vec<(String, Since)> = three.documents.iter().map(|d| (d.1.id.clone(), d.2)).collect();
        assert_eq!(ids, [("a".into(), Since::Unchanged), ("a-2".into(), Since::New)]);
    }
}
