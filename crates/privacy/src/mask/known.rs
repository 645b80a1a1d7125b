//! What is masked already, where it stands once more: a number without the word that led to it, a part of a name.

use super::Candidate;
use super::kind::Kind;
use super::placeholders::Placeholders;
use super::words::Word;

/// A number with fewer digits stands somewhere by chance.
const DIGITS: usize = 5;

pub(super) fn find<'t>(
    text: &'t str,
    words: &'t [Word<'t>],
    placeholders: &'t Placeholders,
) -> impl Iterator<Item = Candidate> + 't {
    let of = move |(kind, value): (Kind, &'t str)| {
        let numbered = value.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
        let whole = numbered || kind == Kind::Name || kind == Kind::Email;
        let numbers = whole.then(|| text.match_indices(value)).into_iter().flatten();
        let numbers = numbers
            .map(|(at, v)| at..at + v.len())
            .filter(move |r| is_alone(&text[..r.start], &text[r.end..]))
            .map(move |r| Candidate::sure(r, kind));
        let part = move |w: &&Word<'_>| {
            let own = w.capital && !w.plain && !w.stop && w.text.chars().count() > 2;
            own && value.split([' ', ',', '.', '-']).any(|v| v == w.text)
        };
        let named = words.iter().filter(move |_| kind == Kind::Name).filter(part);
        numbers.chain(named.map(|w| Candidate::sure(w.range.clone(), Kind::Name)))
    };
    placeholders.values().flat_map(of)
}

fn is_alone(before: &str, after: &str) -> bool {
    !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
}
