//! Exports of other programs: JSON of help centres and bots, a wiki's XML.

use super::*;

fn said(got: &Imported) -> Vec<String> {
    got.findings.iter().map(Finding::to_string).collect()
}

fn says(got: &Imported, want: &[&str]) {
    let said = said(got);
    for want in want {
        assert!(said.iter().any(|s| s.contains(want)), "{want}: {said:?}");
    }
}

fn stops(got: &Imported) -> bool {
    got.findings.iter().any(|f| f.stops)
}

#[test]
fn json_is_a_list_of_objects_wherever_it_stands() {
    for text in [
        r#"[{"id":"a","question":"When?","answer":"At 6."}]"#,
        r#"{"articles":[{"id":"a","question":"When?","answer":"At 6."}],"count":1}"#,
        r#" {"id":"a","question":"When?","answer":"At 6."} "#,
    ] {
        let got = one("k.json", text.as_bytes());
        assert!(!stops(&got), "{text}: {:?}", said(&got));
        assert_eq!(
            (got.documents[0].id.as_str(), got.documents[0].body.as_str()),
            ("a", "At 6."),
            "{text}"
        );
    }
    for (text, why) in [
        (
            r#"[{"id":"a","answer":"x","status":"retired"}]"#,
            "k.json, item 1: “status” looks like a state",
        ),
        (r#"[{"id":"a"}]"#, "k.json, item 1: no answer and no text"),
        ("[1]", "k.json, item 1: no JSON object"),
        ("{", "k.json: no JSON"),
        (
            r#"[{"answer":"a","answer":"b"}]"#,
            "k.json, item 1: “answer” is there twice",
        ),
    ] {
        let got = one("k.json", text.as_bytes());
        assert!(stops(&got));
        says(&got, &[why]);
    }
}

#[test]
fn articles_of_help_centres_are_read_and_those_not_in_force_left_out() {
    let zendesk = r#"{"articles":[
        {"id":1,"title":"Refunds","body":"<p>Up to <s>$5</s> $6.</p>","draft":false,"outdated":false,"locale":"en-us","label_names":["money"],
         "html_url":"https://h.example/1","url":"https://h.example/api/1","updated_at":"2026-01-02T03:04:05Z","comments_disabled":true,"promoted":true},
        {"id":2,"title":"Old","body":"<p>No.</p>","draft":true,"locale":"en-us"},
        {"id":3,"title":"Older","body":"<p>No.</p>","draft":false,"outdated":true,"locale":"en-us"}],"next_page":null}"#;
    let got = one("z.json", zendesk.as_bytes());
    let d = &got.documents[0];
    assert_eq!(
        (got.documents.len(), d.id.as_str(), d.body.as_str(), d.version.as_str()),
        (1, "1", "Up to $6.", "2026-01-02")
    );
    assert_eq!(
        (d.tags.join(", ").as_str(), d.url.as_deref()),
        ("money, language en-us", Some("https://h.example/1"))
    );
    assert!(!stops(&got), "{:?}", said(&got));
    says(
        &got,
        &[
            "item 2: a draft and left out",
            "item 3: marked as outdated and left out",
            "not used: promoted (1)",
        ],
    );
    let intercom = r#"{"type":"list","data":[
        {"type":"article","id":"7","title":"Refunds","body":"<p>Up to $6.</p>","state":"published","workspace_id":"w","url":"https://i.example/7"},
        {"type":"article","id":"8","title":"Old","body":"<p>No.</p>","state":"draft","workspace_id":"w"}]}"#;
    let freshdesk = r#"[{"id":9,"title":"Refunds","description":"<p>Up to $6.</p>","description_text":"Up to $6.","status":2,"folder_id":1,"tags":["money"]},
        {"id":10,"title":"Old","description":"<p>No.</p>","status":1,"folder_id":1}]"#;
    for (text, id) in [(intercom, "7"), (freshdesk, "9")] {
        let got = one("x.json", text.as_bytes());
        assert!(!stops(&got), "{:?}", said(&got));
        assert_eq!(got.documents.len(), 1);
        assert_eq!(
            (got.documents[0].id.as_str(), got.documents[0].body.as_str()),
            (id, "Up to $6.")
        );
        assert!(
            said(&got)
                .iter()
                .any(|s| s.contains("item 2:") && s.contains("left out"))
        );
    }
    // What the maker of the export added may decide.
    let added = br#"[{"id":1,"title":"T","body":"B","draft":false,"locale":"en","expires_at":"2025-01-01"}]"#;
    let got = one("z.json", added);
    assert!(stops(&got));
    says(&got, &["“expires_at” looks like an end"]);
}

#[test]
fn a_bots_questions_are_read_and_what_it_computes_is_refused() {
    let bot = r#"{"qna":[
        {"qid":"R.1","q":["How do refunds work?","Can I get my money back?"],"a":"Up to $6.","type":"qna","t":"money","alt":{"markdown":""}},
        {"qid":"R.2","q":["Who am I?"],"a":"You are {{User}}.","type":"qna"},
        {"qid":"R.3","q":["When?"],"a":"x","l":"QNA-lambda","type":"qna"},
        {"qid":"Q.1","q":["Quiz"],"a":"x","type":"quiz"}]}"#;
    let got = one("bot.json", bot.as_bytes());
    let d = &got.documents[0];
    assert_eq!(
        (got.documents.len(), d.id.as_str(), d.title.as_str()),
        (1, "R.1", "How do refunds work?")
    );
    says(
        &got,
        &[
            "item 2: its answer is a template",
            "item 3: its answer is made by a function",
            "item 4: its type is",
            "further ways to ask (1)",
        ],
    );
}

const WIKI: &str = r#"<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>W</sitename></siteinfo>
<page><title>Refund desk</title><ns>0</ns><id>1</id>
<revision><id>5</id><text>Old text.</text></revision>
<revision><id>6</id><text xml:space="preserve">The '''desk''' pays up to &lt;s&gt;$5&lt;/s&gt; $6.&lt;!-- never --&gt;

== Hours ==
* [[Desk|The desk]] opens at 7.
* It is in [https://o.example Ohio].
{| class="wikitable"
! Plan !! Fee
|-
| A || $1
|-
| style="color:red" | B || $2
|}
{{Navbox|a={{b}}}}
[[Category:Money]]</text></revision></page>
<page><title>Refunds</title><ns>0</ns><redirect title="Refund desk" /><revision><id>7</id><text>#REDIRECT [[Refund desk]]</text></revision></page>
<page><title>Talk:Refund desk</title><ns>1</ns><revision><id>8</id><text>Chat.</text></revision></page>
<page><title>Gone</title><ns>0</ns><revision><id>9</id><text>{{Outdated}} Text.</text></revision></page>
</mediawiki>"#;

#[test]
fn a_wikis_pages_are_read_by_their_last_revision() {
    let got = one("w.xml", WIKI.as_bytes());
    let d = &got.documents[0];
    assert_eq!(
        (
            got.documents.len(),
            d.id.as_str(),
            d.version.as_str(),
            d.tags.join(",").as_str()
        ),
        (1, "Refund-desk", "6", "Money")
    );
    assert_eq!(
        d.body,
        "The desk pays up to $6.\n\n## Hours\n\n- The desk opens at 7.\n- It is in Ohio.\n\nPlan: A | Fee: $1\n\nPlan: B | Fee: $2"
    );
    says(
        &got,
        &[
            "page Refund desk: struck out and left out: “$5”",
            "page Refund desk: templates are not expanded: Navbox",
            "page Refunds: leads to “Refund desk”",
            "page Gone: its template “Outdated” looks",
            "other name spaces",
        ],
    );
    for (name, bytes) in [
        ("x.xml", &b"<a/>"[..]),
        ("x.tsv", b"ord-01\tAn order can be cancelled.\n"),
    ] {
        let got = one(name, bytes);
        assert!(got.documents.is_empty() && got.findings.is_empty() && got.ignored == [name]);
    }
    let got = one("k.tsv", b"id\tanswer\na\tAt 6, or at 7.\n");
    assert_eq!(got.documents[0].body, "At 6, or at 7.");
    let got = one("w.xml", &WIKI.as_bytes()[..WIKI.len() / 2]);
    assert!(!got.findings.iter().any(|f| f.reason.contains("the reader fails")));
}
