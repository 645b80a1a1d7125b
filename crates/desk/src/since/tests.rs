use std::path::Path;

use super::*;
use crate::courtesy::Names;
use crate::place::Place;

const BEFORE: &str =
    "A refund takes 15 days to reach the card, and the operator logs each call. Ask the supervisor first.";

/// A release with one document of these words.
async fn release(dir: &Path, name: &str, body: &str, until: Option<&str>) -> std::path::PathBuf {
    let source = dir.join(format!("{name}.jsonl"));
    let row = serde_json::json!({ "id": "refunds", "title": "Refunds", "text": body, "effective_to": until });
    let other =
        serde_json::json!({ "id": "other", "title": "Parcels", "text": "Parcels lie at the depot for six days." });
    std::fs::write(&source, format!("{row}\n{other}\n")).unwrap();
    let out = dir.join(name);
    crate::build(&[source], &out, None, false, &dir.join("no-weights"), &mut |_| {})
        .await
        .unwrap();
    out
}

async fn desk(dir: &Path, release: &Path) -> Desk {
    let home = dir.join("home");
    std::fs::create_dir_all(home.join("tenants/clinic")).unwrap();
    std::fs::write(home.join("tenants/clinic/tenant.toml"), "name = \"Clinic\"\n").unwrap();
    let place = Place {
        home,
        tenant: "clinic".into(),
        release: Some(release.to_owned()),
        weights: dir.join("no-weights"),
        tenant_file: None,
        unattended: false,
        machine: dir.join("machine"),
    };
    Desk::open(place, &mut |_| {}).await.unwrap()
}

#[tokio::test]
async fn marks_fall_with_what_they_stood_on_and_with_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let before = desk(dir.path(), &release(dir.path(), "before", BEFORE, None).await).await;
    let text = "A refund takes 15 days to reach the card, and the operator logs each call.\nAsk the supervisor first.";
    let found = before.check(text, None).await.unwrap();
    let passages = found.passages;
    let marks = |s: &[Sentence]| s.iter().map(|s| s.grounding).collect::<Vec<_>>();
    assert_eq!(
        marks(&before.ground(text, &passages, true, &Names::default()).unwrap()),
        [Grounding::Verbatim; 2]
    );

    let other = "A refund takes 21 days to reach the card, and the operator logs each call. Ask the supervisor first.";
    let moved = format!("Read this first. {BEFORE}");
    let yesterday = today().yesterday().unwrap().to_string();
    for (name, body, until, for_today, state, falls) in [
        ("changed", other, None, true, Some(SinceState::Changed), vec![0]),
        ("moved", &moved, None, true, None, vec![]),
        (
            "over",
            BEFORE,
            Some(yesterday.as_str()),
            true,
            Some(SinceState::Expired),
            vec![0, 1],
        ),
        // Another day was asked about: what was in force then is what was wanted.
        ("another day", BEFORE, Some(yesterday.as_str()), false, None, vec![]),
    ] {
        let now = desk(dir.path(), &release(dir.path(), name, body, until).await).await;
        let got = now.ground(text, &passages, for_today, &Names::default()).unwrap();
        for (n, s) in got.iter().enumerate() {
            let fell = falls.contains(&n);
            assert_eq!(s.grounding == Grounding::Unsupported, fell, "{name}: {s:#?}");
            match &s.problem {
                Some(Problem::Since {
                    state: is,
                    was,
                    now,
                    title,
                }) => {
                    assert_eq!((Some(*is), title.as_str()), (state, "Refunds"));
                    assert!(BEFORE.contains(was.as_str()));
                    assert_eq!(now.is_some(), *is == SinceState::Changed);
                    assert!(now.iter().all(|n| n.contains("21 days")), "{now:?}");
                }
                other => assert!(!fell && other.is_none(), "{name}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn of_a_withdrawn_document_every_claim_falls() {
    let dir = tempfile::tempdir().unwrap();
    let before = desk(dir.path(), &release(dir.path(), "before", BEFORE, None).await).await;
    let text = "A refund takes 15 days to reach the card. Parcels lie at the depot for 6 days.";
    let passages = before.check(text, None).await.unwrap().passages;
    let source = dir.path().join("after.jsonl");
    std::fs::write(
        &source,
        "{\"id\": \"other\", \"title\": \"Parcels\", \"text\": \"Parcels lie at the depot for six days.\"}\n",
    )
    .unwrap();
    let out = dir.path().join("after");
    crate::build(
        &[source],
        &out,
        None,
        false,
        &dir.path().join("no-weights"),
        &mut |_| {},
    )
    .await
    .unwrap();
    let now = desk(dir.path(), &out).await;
    let got = now.ground(text, &passages, true, &Names::default()).unwrap();
    assert!(
        matches!(
            got[0].problem,
            Some(Problem::Since {
                state: SinceState::Withdrawn,
                now: None,
                ..
            })
        ),
        "{got:#?}"
    );
    assert_eq!((got[1].grounding, &got[1].problem), (Grounding::Supported, &None));
    let since = now.since(&passages, true).unwrap();
    assert_eq!(
        since,
        [Since {
            document: "refunds".into(),
            state: SinceState::Withdrawn
        }]
    );
}
