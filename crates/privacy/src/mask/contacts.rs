//! What reaches a person or names a file: addresses of mail and of the web, telephone numbers, files. A tenant's own
//! addresses are nobody's.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::kind::Kind;
use super::{Candidate, Protected};

fn pattern(p: &str) -> Regex {
    Regex::new(p).expect("a valid pattern")
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[\p{L}\d][\p{L}\d.!#$%&'*+/=?^_`{|}~-]*\s?@\s?[\p{L}\d-]+(?:\.[\p{L}\d-]+)+|(?i)\b[\w.]+\s\(?at\)?\s\w+\s\(?dot\)?\s(?:com|net|org|edu)\b",
    )
});
static URL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:(?:https?|ftp|file)://|www\.)[^\s<>\x22\]]+|\b(?:[a-z0-9-]+\.)+(?:com|net|org|info|biz)(?:/[^\s<>\x22\]]*)?\b",
    )
});
static IP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9A-Fa-f]{0,4}(?:::?[0-9A-Fa-f]{1,4}){2,8}\b"));
/// Three, three and four: no NDC is written so.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\+?1[\s.-]{0,2})?(?:\(\d{3}\)\s{0,2}|\b\d{3}[\s.-])\d{3}[\s.-]?\d{4}\b(?:\s{0,2}(?:x|ext\.?|extension)\s{0,2}\d{1,6}\b)?|\b1?[2-9]\d{2}[2-9]\d{6}\b",
    )
});
/// Numbers of other countries begin with a plus, or with the area in brackets.
static ABROAD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\+\d{1,3}(?:[\s.()-]{0,2}\d){6,12}\b|\(\+?\d{2,5}\)(?:[\s.-]{0,2}\d){6,9}\b"));
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)[\p{L}\d][\p{L}\d._-]*\.(?:jpe?g|png|gif|heic|tiff?|bmp|webp|pdf|docx?|xlsx?|csv|dcm|wav|mp[34]|mov|eml|msg)\b",
    )
});
static LED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:ndcs?|bin|pcn|npi|order|rx|claim|case|ticket|reject(?:ion)?|codes?)\b[\s:#.]*(?:is|number|no)?[\s:#.]*$",
    )
});
static FAX: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bfax\w*[^.?!\n]{0,20}$"));

pub(super) fn find(text: &str, protected: &dyn Protected, out: &mut Vec<Candidate>) {
    for m in EMAIL.find_iter(text) {
        let host = m.as_str().rsplit('@').next().unwrap_or("").trim();
        if !protected.own_host(host) {
            out.push(Candidate::sure(m.range(), Kind::Email));
        }
    }
    for m in URL.find_iter(text) {
        let bare = m.as_str().split_once("://").map_or(m.as_str(), |p| p.1);
        let host = bare.split(['/', ':', '?', '#']).next().unwrap_or("");
        if !protected.own_host(host) {
            let end = m.start() + m.as_str().trim_end_matches(['.', ',', ')', '?', '!', ';', ':']).len();
            out.push(Candidate::sure(m.start()..end, Kind::Url));
        }
    }
    let ip = IP.find_iter(text).filter(|m| m.as_str().parse::<IpAddr>().is_ok());
    out.extend(ip.map(|m| Candidate::sure(m.range(), Kind::Ip)));
    for m in PHONE.find_iter(text).chain(ABROAD.find_iter(text)) {
        let before = &text[..m.start()];
        if LED.is_match(before) && m.as_str().bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let kind = if FAX.is_match(before) { Kind::Fax } else { Kind::Phone };
        out.push(Candidate::sure(m.range(), kind));
    }
    out.extend(FILE.find_iter(text).map(|m| Candidate::sure(m.range(), Kind::File)));
}
