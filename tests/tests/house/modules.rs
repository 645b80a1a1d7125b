//! Which modules of a crate name which, read from its sources: enough to find a circle without a compiler. What only
//! tests name does not count, and neither do the crate's root and the file of a folder: they join what is below them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module's place: `index::write` is `["index", "write"]`, the crate's root is empty.
type Place = Vec<String>;

/// A crate as its sources say: what each module names, and under which names it has what it brings in by `use`.
#[derive(Default)]
pub struct Modules {
    named: BTreeMap<Place, Vec<Place>>,
    brought: BTreeMap<Place, BTreeMap<String, Place>>,
    only_tests: BTreeSet<Place>,
    /// Who brings in all of another module of the crate: what is behind such a star cannot be followed.
    stars: BTreeSet<Place>,
}

impl Modules {
    /// All files below a crate's `src`, but for those of further programs.
    pub fn of(src: &Path, files: &[PathBuf]) -> Modules {
        let inside = files.iter().map(|f| (f.strip_prefix(src).unwrap(), f));
        let read = |(inside, file): (&Path, &PathBuf)| (place(inside), std::fs::read_to_string(file).unwrap());
        Modules::read(inside.filter(|f| !f.0.starts_with("bin")).map(read).collect())
    }

    fn read(files: Vec<(Place, String)>) -> Modules {
        let mut all = Modules::default();
        for (place, _) in &files {
            all.named.insert(place.clone(), Vec::new());
        }
        for (place, text) in files {
            let tokens: TokenStream = text.parse().unwrap_or_else(|e| panic!("{place:?}: {e}"));
            all.tokens(tokens, &place, &place);
        }
        all
    }

    /// The shortest circle through each module, among the modules of one folder: `index → release → index`.
    pub fn circles(&self) -> Vec<String> {
        let star = self.stars.iter().find(|s| !self.in_tests(s));
        assert_eq!(star, None, "names what it brings in of its own crate by a star");
        let mut found = Vec::new();
        for (folder, edges) in self.edges() {
            let circles: BTreeSet<Vec<&str>> = edges.keys().filter_map(|from| circle(from, &edges)).collect();
            for mut c in circles {
                c.push(c[0]);
                let within = folder.iter().map(|f| format!("{f}::")).collect::<String>();
                let all: Vec<String> = c.iter().map(|m| format!("{within}{m}")).collect();
                found.push(all.join(" → "));
            }
        }
        found
    }

    /// For each folder, which of its modules name which. Two modules meet in the folder where their places part.
    fn edges(&self) -> BTreeMap<&[String], BTreeMap<&str, BTreeSet<&str>>> {
        let mut all: BTreeMap<&[String], BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        for (from, named) in self.named.iter().filter(|n| !self.in_tests(n.0)) {
            for to in named.iter().map(|n| self.module(n, 0)) {
                let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
                if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
                    let folder = all.entry(&from[..shared]).or_default();
                    folder.entry(a).or_default().insert(b);
                }
            }
        }
        all
    }

    fn in_tests(&self, place: &[String]) -> bool {
        self.only_tests.iter().any(|t| place.starts_with(t))
    }

    /// The module where a name is made: what a module only passes on is followed to where it is from.
    fn module<'a>(&'a self, name: &[String], followed: usize) -> &'a [String] {
        let mut at = 0;
        while at < name.len() && self.named.contains_key(&name[..=at]) {
            at += 1;
        }
        let (here, _) = self.named.get_key_value(&name[..at]).expect("every crate has a root");
        let brought = self.brought.get(here);
        match name.get(at).and_then(|next| brought?.get(next)) {
            Some(from) if followed < 8 => {
                let further: Place = from.iter().chain(&name[at + 1..]).cloned().collect();
                self.module(&further, followed + 1)
            }
            _ => here,
        }
    }

    /// Reads one level of tokens; `here` is the module they stand in, `file` the one whose file this is.
    fn tokens(&mut self, tokens: TokenStream, here: &Place, file: &Place) {
        let all: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < all.len() {
            match &all[at] {
                TokenTree::Punct(p) if p.as_char() == '#' && is_for_tests(all.get(at + 1)) => {
                    at = self.skip_item(&all, at, here);
                    continue;
                }
                // Not the `use<'a>` of a type.
                TokenTree::Ident(word) if word == "use" && !all.get(at + 1).is_some_and(|t| is(t, '<')) => {
                    let end = (at..all.len()).find(|i| is(&all[*i], ';')).unwrap_or(all.len());
                    self.bring(&all[at + 1..end], here, file);
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" && matches!(all.get(at + 2), Some(TokenTree::Group(_))) => {
                    if let TokenTree::Group(body) = &all[at + 2] {
                        let inner = [&here[..], &[all[at + 1].to_string()]].concat();
                        self.tokens(body.stream(), &inner, file);
                    }
                    at += 2;
                }
                // A macro's `$crate` is whichever crate uses it.
                TokenTree::Ident(word) if word == "crate" && at > 0 && is(&all[at - 1], '$') => {}
                // The second of `super::super` was read with the first.
                TokenTree::Ident(word) if word == "super" && at > 1 && all[at - 2..at].iter().all(|t| is(t, ':')) => {}
                TokenTree::Ident(word) if word == "crate" || word == "super" => {
                    let name = leaves(&all[at..]).swap_remove(0).0;
                    self.name(&name, here, file);
                }
                TokenTree::Group(g) => self.tokens(g.stream(), here, file),
                _ => {}
            }
            at += 1;
        }
    }

    /// Past an item that only tests have; a module of its own file among them is remembered.
    fn skip_item(&mut self, all: &[TokenTree], from: usize, here: &Place) -> usize {
        let ends = |t: &TokenTree| is(t, ';') || matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
        let end = (from..all.len()).find(|i| ends(&all[*i])).unwrap_or(all.len());
        let item = &all[from..end];
        if let Some(m) = item.iter().position(|t| matches!(t, TokenTree::Ident(w) if w == "mod")) {
            let name = item[m + 1].to_string();
            self.only_tests.insert([&here[..], &[name]].concat());
        }
        end + 1
    }

    fn bring(&mut self, item: &[TokenTree], here: &Place, file: &Place) {
        for (name, alias) in leaves(item) {
            if let Some(place) = self.name(&name, here, file) {
                if alias == "*" && self.named.contains_key(&place) {
                    self.stars.insert(file.clone());
                }
                self.brought.entry(here.clone()).or_default().insert(alias, place);
            }
        }
    }

    /// Notes that a file names something of its own crate; other crates' names are none of this.
    fn name(&mut self, name: &[String], here: &Place, file: &Place) -> Option<Place> {
        let mut place = here.clone();
        let mut rest = name;
        match rest.first()?.as_str() {
            "crate" => {
                place.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|n| n == "super") {
                    place.pop();
                    rest = &rest[1..];
                }
            }
            // Either another crate's, or a child's that this module passes on.
            first if !self.named.contains_key(&[&here[..], &[first.to_owned()]].concat()) => return None,
            _ => {}
        }
        place.extend_from_slice(rest);
        self.named.entry(file.clone()).or_default().push(place.clone());
        Some(place)
    }
}

/// `index/write.rs` → `index::write`.
fn place(inside: &Path) -> Place {
    let mut all: Place = inside
        .with_extension("")
        .iter()
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    if all.last().is_some_and(|l| l == "lib" || l == "main" || l == "mod") {
        all.pop();
    }
    all
}

fn is(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == c)
}

/// `#[cfg(test)]` and `#[cfg(all(test, …))]`.
fn is_for_tests(attribute: Option<&TokenTree>) -> bool {
    let text: String = attribute
        .map(ToString::to_string)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    text.starts_with("[cfg(test)") || text.starts_with("[cfg(all(test,")
}

/// All names of a path or of a tree of `use`, each with the name it has afterwards.
fn leaves(tokens: &[TokenTree]) -> Vec<(Place, String)> {
    let mut name = Place::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) => name.push(word.to_string()),
            TokenTree::Punct(p) if p.as_char() == '*' => return vec![(name, "*".into())],
            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = g.stream().into_iter().collect();
                let branches = inner.split(|t| is(t, ',')).filter(|b| !b.is_empty());
                let all = branches.flat_map(leaves);
                return all.map(|(rest, alias)| below(&name, rest, alias)).collect();
            }
            _ => break,
        }
        at += 1;
        if !(at + 1 < tokens.len() && is(&tokens[at], ':') && is(&tokens[at + 1], ':')) {
            break;
        }
        at += 2;
    }
    if let Some(TokenTree::Ident(word)) = tokens.get(at)
        && word == "as"
    {
        return vec![(name, tokens[at + 1].to_string())];
    }
    let alias = name.last().cloned().unwrap_or_default();
    vec![(name, alias)]
}

/// A branch of a tree of `use`; `{self}` is the tree's own stem.
fn below(stem: &Place, branch: Place, alias: String) -> (Place, String) {
    if branch == ["self"] {
        let own = stem.last().cloned().unwrap_or_default();
        return (stem.clone(), if alias == "self" { own } else { alias });
    }
    ([&stem[..], &branch].concat(), alias)
}

/// The shortest way from a module back to itself, beginning with the first by name.
fn circle<'a>(from: &'a str, edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(m) = next.pop_front() {
        for to in edges.get(m).into_iter().flatten().copied() {
            if to == from {
                let mut way = vec![m];
                while way[way.len() - 1] != from {
                    way.push(came[way[way.len() - 1]]);
                }
                way.reverse();
                let first = (0..way.len()).min_by_key(|i| way[*i])?;
                way.rotate_left(first);
                return Some(way);
            }
            if !came.contains_key(to) {
                came.insert(to, m);
                next.push_back(to);
            }
        }
    }
    None
}

#[test]
fn a_circle_is_found_wherever_it_is_closed() {
    let circles = |files: &[(&str, &str)]| {
        let read = |(file, text): &(&str, &str)| (place(Path::new(file)), (*text).to_owned());
        Modules::read(files.iter().map(read).collect()).circles()
    };
    let root = ("lib.rs", "mod a; mod b; mod c; pub use b::Thing;");
    // One way is no circle, and comments, strings, tests and the root make none.
    let one_way = [
        root,
        (
            "a.rs",
            "use crate::b::Thing; // crate::c\nfn f() -> &'static str { \"crate::c\" }",
        ),
        (
            "b.rs",
            "use crate::top; #[cfg(test)] mod tests { use crate::a; } #[cfg(test)] mod far;",
        ),
        ("b/far.rs", "use crate::a;"),
        ("c.rs", "use std::fmt; fn f() { crate::a::f(); }"),
    ];
    assert_eq!(circles(&one_way), [""; 0]);
    // By a group, by a path in the middle of a function, by what the root passes on.
    for back in [
        "use crate::{top, a::{self, X}};",
        "fn f() { if true { super::a::f() } }",
    ] {
        assert_eq!(
            circles(&[root, ("a.rs", "use crate::Thing;"), ("b.rs", back)]),
            ["a → b → a"],
            "{back}"
        );
    }
    let long = [
        root,
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::c::X as Y;"),
        ("c.rs", "use super::a;"),
    ];
    assert_eq!(circles(&long), ["a → b → c → a"]);
    // Within a folder, of which the file itself only joins.
    let folder = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod x; mod y; use x::X; fn f() { y::f() }"),
        ("a/x.rs", "use super::y::Y;"),
        ("a/y.rs", "fn f(_: super::X) { super::f() }"),
    ];
    assert_eq!(circles(&folder), ["a::x → a::y → a::x"]);
    // And from deep in one to another: two steps up are not one.
    let deep = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod x; mod b; use b::f;"),
        ("a/x.rs", "fn f(_: super::super::b::B) {}"),
        ("a/b.rs", "use super::x;"),
        ("b.rs", "use crate::a;"),
    ];
    assert_eq!(circles(&deep), ["a → b → a"]);
}
