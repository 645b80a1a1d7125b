//! What the rules of this version make of fixed texts, written down: what releases store is made of it, so that a
//! change here that is wanted raises `VERSION`.

use std::fmt::Write;

use mortar_language::{codes, text};

const PAGE: &str = "## Before you begin\n\nUse this when a claim was rejected (code 75, 608 or MR). It takes approx. 3 \
                    business days, e.g. until Friday at 4 p.m. Eastern Time.\n\n1. Open the order.\n2. Choose \
                    **Cancel**; do not ship.\n   - Tell the patient: \"We will call you.\"\n\n| Code | Meaning |\n|---|---|\n\
                    | 70 | not covered |\n| 7Z | compound |\n\nQuestion? Ask Dr. Lee, Pharm.D.";

#[test]
fn a_text_is_cut_alike() {
    let mut out = String::new();
    for s in text::segments(PAGE) {
        let kind = if s.heading { "heading" } else { "sentence" };
        let words = &PAGE[s.range.clone()];
        let marker = s.body - s.range.start;
        writeln!(out, "{} {kind} {:?} marker {marker}", s.block, words).unwrap();
        writeln!(out, "    {}", text::content_stems(words).join(" ")).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn codes_are_read_alike() {
    let mut out = String::new();
    for written in [
        "claim rejection code 75",
        "reject 7 z came back",
        "codes 67-69",
        "76/9G",
        "*97 on the phone",
        "error 75",
        "código 75",
        "NDC 0006-0277-31 or 00006027731",
        "form CMS-10147, SOP 14",
        "75 % of 30 tablets by 5/12",
        "HTTP 404",
    ] {
        writeln!(out, "{written}").unwrap();
        for f in codes::find(written, &|_| false) {
            let weak = if f.weak { " weak" } else { "" };
            writeln!(out, "    {} {}{weak}", f.code.system, f.code.value).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}
