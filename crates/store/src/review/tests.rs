//! Two reviewers at once, what is not a review, and a file of each version that landed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

use super::*;
use crate::port::{Got, Listed, Want};

/// Objects in memory, written only under their condition.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<String, (u64, Vec<u8>)>>);

impl ReleaseStore for Shelf {
    fn location(&self) -> String {
        "shelf".into()
    }

    fn get<'a>(&'a self, key: &'a str, _: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(async move {
            let held = self.0.lock().unwrap().get(key).cloned();
            let (version, bytes) = held.ok_or_else(|| StoreError::NotFound(key.into()))?;
            // Others come between a look and what is made of it.
            tokio::task::yield_now().await;
            Ok(Got::Body {
                tag: version.to_string(),
                bytes: stream::iter([Ok(bytes)]).boxed(),
            })
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move {
            let mut held = self.0.lock().unwrap();
            let version = held.get(key).map(|h| h.0);
            let holds = match condition {
                Condition::IfAbsent => version.is_none(),
                Condition::IfUnchanged(tag) => version.is_some_and(|v| v.to_string() == tag),
            };
            if !holds {
                return Err(StoreError::Conflict(key.into()));
            }
            let next = version.unwrap_or(0) + 1;
            held.insert(key.to_owned(), (next, bytes));
            Ok(next.to_string())
        })
    }

    fn list<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

fn said(ask: &str, by: &str, mark: Mark) -> Marked {
    Marked {
        question: Reviewed {
            ask: ask.into(),
            after: None,
            as_of: None,
        },
        mark,
        note: String::new(),
        by: by.into(),
        at: "2026-11-27T10:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn of_many_who_mark_at_once_nothing_is_lost() {
    let store: Arc<dyn ReleaseStore> = Arc::new(Shelf::default());
    let all = (0..4).map(|n| {
        let store = &store;
        async move {
            for ask in ["one", "two", "three"] {
                let by = format!("reviewer {n}");
                mark(store, [41, 42], said(ask, &by, Mark::Unwanted)).await.unwrap();
            }
        }
    });
    futures::future::join_all(all).await;
    assert_eq!(review(&store, [41, 42]).await.unwrap().marks.len(), 12);
    // Of other releases nothing was said.
    assert_eq!(review(&store, [41, 43]).await.unwrap().marks, []);
}

#[tokio::test]
async fn who_says_it_again_has_said_the_last() {
    let store: Arc<dyn ReleaseStore> = Arc::new(Shelf::default());
    let dated = Marked {
        question: Reviewed {
            as_of: Some("2026-10-01".parse().unwrap()),
            ..said("one", "a", Mark::Wanted).question
        },
        ..said("one", "a", Mark::Wanted)
    };
    for marked in [
        said("one", "a", Mark::Wanted),
        said("one", "b", Mark::Irrelevant),
        dated.clone(),
        said("one", "a", Mark::Unwanted),
    ] {
        mark(&store, [1, 2], marked).await.unwrap();
    }
    let marks = review(&store, [1, 2]).await.unwrap().marks;
    let wanted = [
        said("one", "b", Mark::Irrelevant),
        dated,
        said("one", "a", Mark::Unwanted),
    ];
    assert_eq!(marks, wanted);
}

#[tokio::test]
async fn what_is_no_review_is_refused_and_not_written_over() {
    for (bytes, told) in [
        (&b"{}"[..], "not as it should be"),
        (br#"{"format":99}"#, "update Mortar"),
        (
            br#"{"format":1,"before":7,"after":8,"marks":[]}"#,
            "of the releases 7 and 8",
        ),
    ] {
        let shelf = Arc::new(Shelf::default());
        let store: Arc<dyn ReleaseStore> = shelf.clone();
        shelf
            .0
            .lock()
            .unwrap()
            .insert("reviews/1-2.json".into(), (1, bytes.to_vec()));
        for refused in [
            review(&store, [1, 2]).await.unwrap_err(),
            mark(&store, [1, 2], said("one", "a", Mark::Wanted)).await.unwrap_err(),
        ] {
            assert!(refused.to_string().contains(told), "{refused}");
        }
        assert_eq!(shelf.0.lock().unwrap()["reviews/1-2.json"].1, bytes);
    }
}

#[test]
fn the_first_format_is_read() {
    let bytes = include_bytes!("../../../../tests/fixtures/review-1.json");
    let review: Review = read("review-1.json", bytes).unwrap();
    assert_eq!(review.marks.len(), 2);
    assert_eq!(
        review.marks[0],
        said("What does reject 75 mean?", "anna", Mark::Unwanted)
    );
    let dated = &review.marks[1];
    assert_eq!((dated.mark, dated.note.as_str()), (Mark::Irrelevant, "Only its order."));
    assert_eq!(dated.question.as_of, Some("2026-10-01".parse().unwrap()));
    assert_eq!(
        dated.question.after.as_deref(),
        Some("How do I transfer a prescription?")
    );
}
