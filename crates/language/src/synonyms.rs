//! Everyday words that say the same in a support text: one may stand for another where a sentence is held against its
//! source. Nothing here searches, and no name, fact or word of dosing is in it: "take" is not "accept", "stop" is not "end".

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text;

/// A line a meaning. Spellings of one word are of one meaning too.
const SAME: &str = "\
choose pick select
immediately promptly instantly
keep hold
attempt try
begin start commence
call phone ring telephone
package parcel
medication medicine
doctor physician prescriber
patient customer caller
house home
cost price
help assist
receive obtain
give provide
inform notify
change modify alter
anybody anyone
everybody everyone
somebody someone
fast quick quickly rapidly
big large
small little
trash garbage rubbish
refrigerator fridge
child kid children
photo picture photograph image
abroad overseas
allow permit permitted allowed
dispose discard
instalment installment
colour color
centre center
cancel cancelled canceled
neighbour neighbor
organisation organization
authorise authorize authorisation authorization
labelled labeled
travelling traveling
programme program
enquire ask request
require need
usual typical normal
mail post
buy purchase
repair fix
correct accurate
wrong incorrect
explain describe
near nearby
often frequently
sometimes occasionally
rarely seldom
additional extra
annual yearly
website site";

static ROOTS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut out = HashMap::new();
    for line in SAME.lines() {
        let mut words = line.split(' ').map(text::term);
        let root = words.next().expect("a line has a word");
        out.extend(words.map(|w| (w, root.clone())));
    }
    out
});

/// The term that stands for all terms of its meaning: itself, for most.
pub fn root(term: String) -> String {
    ROOTS.get(&term).cloned().unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_has_one_root_and_no_word_has_two_meanings() {
        let of = |w: &str| root(text::term(w));
        assert_eq!(of("picking"), of("choose"));
        assert_eq!(of("parcels"), of("packages"));
        assert_ne!(of("stop"), of("end"));
        let mut seen = HashMap::new();
        for line in SAME.lines() {
            let mut terms: Vec<String> = line.split(' ').map(text::term).collect();
            terms.sort();
            terms.dedup();
            for term in terms {
                assert_eq!(seen.insert(term.clone(), line), None, "{term}");
            }
        }
    }
}
