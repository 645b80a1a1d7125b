//! A document's title: checked, and made of its first words where it has none.

use mortar_language::text::{collapse, segments};

use crate::limits::LONGEST_TITLE;

/// How long a made title may be, in characters.
const MADE: usize = 80;
/// Where its words are looked for.
const LOOKED_AT: usize = 2_000;

pub fn check(title: &str) -> Result<(), String> {
    let characters = title.chars().count();
    match characters > LONGEST_TITLE {
        true => Err(format!(
            "the title has {characters} characters (at most {LONGEST_TITLE}); shorten it"
        )),
        false => Ok(()),
    }
}

/// The first heading or sentence of a text, cut at a word where it is long; empty where no word stands.
pub fn made(body: &str) -> String {
    let start = &body[..body.floor_char_boundary(LOOKED_AT)];
    let words = segments(start)
        .into_iter()
        .map(|s| collapse(&plain(&start[s.body..s.range.end])))
        .find(|words| words.chars().any(char::is_alphanumeric));
    shortened(&words.unwrap_or_default())
}

/// Without the marks of emphasis, code and rows.
fn plain(words: &str) -> String {
    let words = words.trim_end_matches('#');
    words.replace(['*', '`', '|'], " ")
}

fn shortened(words: &str) -> String {
    let Some((end, _)) = words.char_indices().nth(MADE) else {
        return words.to_owned();
    };
    let cut = &words[..end];
    let at_word = cut.rfind(' ').filter(|at| *at > 0).map_or(cut, |at| &cut[..at]);
    format!("{}…", at_word.trim_end_matches([',', ';', ':', '-', '–']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_made_of_the_first_words() {
        assert_eq!(made("The desk is open. Then more."), "The desk is open.");
        assert_eq!(made("## Returns ##\n\nText."), "Returns");
        assert_eq!(made("- **Call** the plan\n- Wait"), "Call the plan");
        assert_eq!(made("---\n\n***\n\nWords."), "Words.");
        assert_eq!(made("\n\n"), "");
        let long = made(&"member ".repeat(40));
        assert!(long.ends_with("member…") && long.chars().count() <= MADE + 1, "{long}");
        assert_eq!(made(&"x".repeat(5000)).chars().count(), MADE + 1);
    }
}
