//! Random good files are never refused.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;

/// A good file of each format, of generated values.
fn good(format: usize, id: &str, title: &str, body: &str) -> (String, Vec<u8>) {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let entities = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    match format {
        0 => (
            "g.csv".into(),
            format!("id,title,body\n{id},{},{}\n", quoted(title), quoted(body)).into_bytes(),
        ),
        1 => (
            "g.jsonl".into(),
            serde_json::json!({ "id": id, "title": title, "text": body })
                .to_string()
                .into_bytes(),
        ),
        2 => (
            format!("{id}.md"),
            format!("---\ntitle: '{}'\n---\n\n{body}\n", title.replace('\'', "''")).into_bytes(),
        ),
        3 => (
            format!("{id}.html"),
            format!("<title>{}</title><p>{}</p>", entities(title), entities(body)).into_bytes(),
        ),
        _ => {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            for (c, (name, value)) in [("id", id), ("title", title), ("body", body)].iter().enumerate() {
                sheet.write(0, c as u16, *name).unwrap();
                sheet.write(1, c as u16, *value).unwrap();
            }
            ("g.xlsx".into(), book.save_to_buffer().unwrap())
        }
    }
}

/// Sentences as people write them.
fn prose() -> impl Strategy<Value = String> {
    proptest::collection::vec("[A-Z][a-zé’ ,;:()%$/&0-9-]{3,40}[a-z][.?!]", 1..6).prop_map(|s| s.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_good_file_is_never_refused(
        format in 0..5usize,
        id in "[a-z][a-z0-9-]{0,12}",
        title in "[A-Z][a-zé’ ,:()%$/&0-9-]{2,60}[a-z?]",
        body in prose(),
    ) {
        let (name, bytes) = good(format, &id, &title, &body);
        let got = one(&name, &bytes);
        prop_assert_eq!(&got.findings, &[]);
        prop_assert_eq!(got.documents.len(), 1);
        let d = &got.documents[0];
        prop_assert_eq!((&d.id, &d.title), (&id, &mortar_language::text::collapse(&title)));
        let words = |s: &str| s.split_whitespace().collect::<String>();
        prop_assert_eq!(words(&d.body), words(&body));
    }
}
