//! Whether the pages of an LMDB file hang together, told from its bytes before the file is mapped. LMDB follows
//! the page numbers, offsets and sizes that it finds and believes them: in a file whose bytes were changed, it
//! reads beyond the mapping, or asserts, and both end the process. Nothing is mapped here and nothing unsafe.
//!
//! The layout is that of `mdb.c` of LMDB 0.9 (`MDB_page`, `MDB_node`, `MDB_db`, `MDB_meta`) on 64-bit
//! little-endian machines, data version 1:
//!
//! ```text
//! page   0 number u64 | 8 pad u16 | 10 flags u16 | 12 lower u16, 14 upper u16, or 12 pages u32 | 16 offsets u16 …
//! node   0 data size u32, or with flags: child page u48 | 4 flags u16 | 6 key size u16 | 8 key, data
//! db     0 pad u32 | 4 flags u16 | 6 depth u16 | 8 branch, 16 leaf, 24 overflow pages u64 | 32 entries u64 | 40 root u64
//! meta   0 magic u32 | 4 version u32 | 8 address u64 | 16 map size u64 | 24 free db | 72 main db | 120 last page u64 | 128 transaction u64
//! ```

use std::ops::Range;

const HEADER: usize = 16;
const NODE: usize = 8;
const DB: usize = 48;
const META: usize = 136;
const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
/// The root of a tree without pages.
const NO_PAGE: u64 = u64::MAX;
const LONGEST_KEY: usize = 511;
/// LMDB follows no path that is longer.
const DEEPEST: u16 = 32;

const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;
const META_PAGE: u16 = 0x08;
/// A node whose data lies on pages of its own.
const BIG: u16 = 0x01;
/// A node that is the record of a named database.
const SUB: u16 = 0x02;
/// Of a database: how its keys are ordered, and whether they repeat. The rest are flags of the environment.
const ORDER: u16 = 0x7e;
const INTEGER_KEYS: u16 = 0x08;

/// What is wrong with a page, in words for whoever is told that the file is damaged.
type Found<T> = Result<T, String>;

/// Looks at all pages that can be reached from the state that LMDB would read.
pub fn check(file: &[u8]) -> Found<()> {
    let state = State::of(file).ok_or("its first pages are none of LMDB's")?;
    let mut walk = Walk {
        file,
        size: state.page_size,
        last: state.last,
        reached: vec![false; file.len() / state.page_size],
        named: Vec::new(),
    };
    walk.reached.iter_mut().take(2).for_each(|meta| *meta = true);
    walk.tree(state.free, Kind::Free)?;
    walk.tree(state.main, Kind::Main)?;
    while let Some(db) = walk.named.pop() {
        walk.tree(db, Kind::Named)?;
    }
    Ok(())
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    number(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    number(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    number(bytes, at).map(u64::from_le_bytes)
}

/// The record of a database.
#[derive(Clone, Copy)]
struct Db {
    flags: u16,
    depth: u16,
    entries: u64,
    root: u64,
}

impl Db {
    fn of(bytes: &[u8]) -> Option<Db> {
        Some(Db {
            flags: u16_at(bytes, 4)?,
            depth: u16_at(bytes, 6)?,
            entries: u64_at(bytes, 32)?,
            root: u64_at(bytes, 40)?,
        })
    }
}

/// What the newer of the two meta pages says.
struct State {
    page_size: usize,
    free: Db,
    main: Db,
    last: u64,
    transaction: u64,
}

impl State {
    fn of(file: &[u8]) -> Option<State> {
        let first = State::at(file, 0)?;
        let second = State::at(file, first.page_size)?;
        let newer = if first.transaction < second.transaction {
            second
        } else {
            first
        };
        Some(newer)
    }

    fn at(file: &[u8], page: usize) -> Option<State> {
        let page = file.get(page..page + HEADER + META)?;
        let meta = &page[HEADER..];
        let page_size = u32_at(meta, 24)? as usize;
        let sound = u16_at(page, 10)? & META_PAGE != 0
            && u32_at(meta, 0)? == MAGIC
            && u32_at(meta, 4)? == VERSION
            && page_size.is_power_of_two()
            && (512..=65536).contains(&page_size);
        sound.then_some(State {
            page_size,
            free: Db::of(&meta[24..24 + DB])?,
            main: Db::of(&meta[72..72 + DB])?,
            last: u64_at(meta, 120)?,
            transaction: u64_at(meta, 128)?,
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Which pages are free, by transaction.
    Free,
    /// The named databases.
    Main,
    Named,
}

struct Walk<'f> {
    file: &'f [u8],
    size: usize,
    last: u64,
    /// Each page is reached once: by one tree, or as free.
    reached: Vec<bool>,
    /// Databases that are still to be looked at.
    named: Vec<Db>,
}

/// What of a tree was seen so far.
struct Seen<'f> {
    kind: Kind,
    depth: u16,
    entries: u64,
    /// The key before, in the order of the leaves.
    before: Option<&'f [u8]>,
}

/// The keys that may stand below a node: from the first on, and before the second.
type Bounds<'f> = (Option<&'f [u8]>, Option<&'f [u8]>);

impl<'f> Walk<'f> {
    fn tree(&mut self, db: Db, kind: Kind) -> Found<()> {
        let order = if kind == Kind::Free { INTEGER_KEYS } else { 0 };
        if db.flags & ORDER != order || db.depth > DEEPEST {
            return Err("a table of it is of another kind than it was".into());
        }
        if db.root == NO_PAGE {
            return if db.entries == 0 {
                Ok(())
            } else {
                Err("a table of it has lost its pages".into())
            };
        }
        let mut seen = Seen {
            kind,
            depth: db.depth,
            entries: 0,
            before: None,
        };
        self.page(db.root, 1, (None, None), &mut seen)?;
        if seen.entries == db.entries {
            Ok(())
        } else {
            Err("a table of it has other counts than it says".into())
        }
    }

    /// Takes so many pages from `first` on as reached, and gives their bytes.
    fn take(&mut self, first: u64, pages: u64) -> Found<&'f [u8]> {
        let lost = || format!("page {first} of it is not where it should be");
        let end = first
            .checked_add(pages)
            .filter(|end| *end <= self.last.saturating_add(1))
            .ok_or_else(lost)?;
        let range = usize::try_from(first)
            .ok()
            .zip(usize::try_from(end).ok())
            .map(|(a, b)| a..b);
        let range: Range<usize> = range.ok_or_else(lost)?;
        for reached in self.reached.get_mut(range.clone()).ok_or_else(lost)? {
            if std::mem::replace(reached, true) {
                return Err(format!("page {first} of it is in two places"));
            }
        }
        // As many as there are whole ones in the file: the product cannot overflow.
        Ok(&self.file[range.start * self.size..range.end * self.size])
    }

    fn page(&mut self, at: u64, level: u16, bounds: Bounds<'f>, seen: &mut Seen<'f>) -> Found<()> {
        let page = self.take(at, 1)?;
        let flags = if level == seen.depth { LEAF } else { BRANCH };
        let nodes = nodes(page, at, flags).ok_or_else(|| format!("page {at} of it is not as it was written"))?;
        if flags == LEAF {
            return nodes
                .into_iter()
                .try_for_each(|node| self.leaf(page, node, bounds, seen, at));
        }
        // LMDB asserts that a branch divides; of free pages alone it may have one child.
        if nodes.len() < if seen.kind == Kind::Free { 1 } else { 2 } {
            return Err(format!("page {at} of it leads nowhere"));
        }
        for (n, node) in nodes.iter().enumerate() {
            // The first key of a branch says nothing: what is below it begins where the branch does.
            let from = if n == 0 {
                bounds.0
            } else {
                Some(&page[node.key.clone()])
            };
            let to = nodes.get(n + 1).map_or(bounds.1, |next| Some(&page[next.key.clone()]));
            self.page(node.child, level + 1, (from, to), seen)?;
        }
        Ok(())
    }

    fn leaf(&mut self, page: &'f [u8], node: Node, bounds: Bounds<'f>, seen: &mut Seen<'f>, at: u64) -> Found<()> {
        let wrong = || format!("an entry on page {at} of it is not as it was written");
        let key = &page[node.key.clone()];
        let less = |a: &[u8], b: &[u8]| match seen.kind {
            Kind::Free => u64_at(a, 0) < u64_at(b, 0),
            _ => a < b,
        };
        let sized = match seen.kind {
            Kind::Free => key.len() == 8,
            _ => (1..=LONGEST_KEY).contains(&key.len()),
        };
        let ordered = seen.before.is_none_or(|before| less(before, key))
            && bounds.0.is_none_or(|from| !less(key, from))
            && bounds.1.is_none_or(|to| less(key, to));
        if !sized || !ordered {
            return Err(wrong());
        }
        seen.before = Some(key);
        seen.entries += 1;
        let data = self.data(page, &node, seen.kind).ok_or_else(wrong)??;
        match seen.kind {
            Kind::Named => {}
            Kind::Main => self.named.push(Db::of(data).ok_or_else(wrong)?),
            Kind::Free => self.freed(data).ok_or_else(wrong)??,
        }
        Ok(())
    }

    /// What an entry holds, on its page or on pages of its own.
    fn data(&mut self, page: &'f [u8], node: &Node, kind: Kind) -> Option<Found<&'f [u8]>> {
        let begin = node.key.end;
        match (kind, node.flags) {
            (Kind::Main, SUB) if node.size == DB => page.get(begin..begin + DB).map(Ok),
            (Kind::Free | Kind::Named, 0) => page.get(begin..begin + node.size).map(Ok),
            (Kind::Free | Kind::Named, BIG) => {
                let first = u64_at(page, begin)?;
                let pages = ((HEADER - 1 + node.size) / self.size + 1) as u64;
                Some(self.take(first, pages).and_then(|held| {
                    let fits = u64_at(held, 0) == Some(first)
                        && u16_at(held, 10) == Some(OVERFLOW)
                        && u32_at(held, 12).map(u64::from) == Some(pages);
                    let data = held.get(HEADER..HEADER + node.size).filter(|_| fits);
                    data.ok_or_else(|| format!("page {first} of it is not as it was written"))
                }))
            }
            _ => None,
        }
    }

    /// Pages that are free: their count, then their numbers. Those at the end of a file need not be there.
    fn freed(&mut self, data: &[u8]) -> Option<Found<()>> {
        let count = usize::try_from(u64_at(data, 0)?).ok()?;
        let numbers = data.get(8..count.checked_mul(8)?.checked_add(8)?)?;
        for number in numbers.as_chunks().0 {
            let number = u64::from_le_bytes(*number);
            let here = usize::try_from(number).is_ok_and(|n| n < self.reached.len());
            if number > self.last {
                return None;
            }
            if here && let Err(e) = self.take(number, 1) {
                return Some(Err(e));
            }
        }
        Some(Ok(()))
    }
}

/// An entry of a page: where its key lies, what follows it, and where it leads.
struct Node {
    key: Range<usize>,
    flags: u16,
    size: usize,
    child: u64,
}

/// The entries of a branch or a leaf, all of which lie within the page; there is at least one.
fn nodes(page: &[u8], at: u64, flags: u16) -> Option<Vec<Node>> {
    let (lower, upper) = (usize::from(u16_at(page, 12)?), usize::from(u16_at(page, 14)?));
    let sound = u64_at(page, 0)? == at
        && u16_at(page, 10)? == flags
        && lower > HEADER
        && lower.is_multiple_of(2)
        && lower <= upper
        && upper <= page.len();
    if !sound {
        return None;
    }
    let node = |offset: &[u8; 2]| {
        let begin = usize::from(u16::from_le_bytes(*offset));
        let header = page
            .get(begin..begin + NODE)
            .filter(|_| begin >= upper && begin.is_multiple_of(2))?;
        let key = begin + NODE..begin + NODE + usize::from(u16_at(header, 6)?);
        page.get(key.clone())?;
        let (low, top) = (u32_at(header, 0)?, u16_at(header, 4)?);
        Some(Node {
            key,
            flags: top,
            size: low as usize,
            child: u64::from(low) | u64::from(top) << 32,
        })
    };
    page[HEADER..lower].as_chunks().0.iter().map(node).collect()
}
