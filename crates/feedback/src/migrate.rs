//! What an older program kept in the clear, sealed: made beside it, then put in its place by one rename. Nothing of the
//! old file is left in the new one, which LMDB's free pages would keep.

use std::path::Path;

use heed::types::{SerdeJson, Str};
use heed::{CommitOrAbort, Database, Env, WithoutTls};
use mortar_privacy::Vault;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::RecordsError;
use crate::{Exchange, Records, environment};

/// What is made of labels that were kept in the clear: they name no operator.
const LABELS: u32 = 2;

pub(crate) fn seal(dir: &Path, tenant: &str, vault: &dyn Vault) -> Result<(), RecordsError> {
    let beside = dir.join("sealing");
    let unusable = |e: std::io::Error| RecordsError::Unusable {
        path: beside.clone(),
        reason: e.to_string(),
    };
    if beside.exists() {
        std::fs::remove_dir_all(&beside).map_err(unusable)?;
    }
    let sealed = Records::of(&beside, tenant, vault)?;
    let sealed = sealed.ok_or_else(|| unusable(std::io::Error::other("it is of an older program")))?;
    let old = environment(dir)?;
    take(&old, &sealed)?;
    sealed.close();
    old.prepare_for_closing().wait();
    std::fs::rename(beside.join("data.mdb"), dir.join("data.mdb")).map_err(unusable)?;
    std::fs::remove_dir_all(&beside).map_err(unusable)
}

/// All of it in one transaction: what is half taken is begun anew.
fn take(old: &Env<WithoutTls>, sealed: &Records) -> Result<(), RecordsError> {
    let opened = old.open_databases_and_commit(old.read_txn()?, |opener, txn| {
        let open =
            |name| -> heed::Result<Option<Database<Str, SerdeJson<Value>>>> { opener.open_database(txn, Some(name)) };
        heed::Result::Ok(CommitOrAbort::<_, ()>::Commit([
            open("conversations")?,
            open("exchanges")?,
            open("outbox")?,
        ]))
    })?;
    let CommitOrAbort::Commit([conversations, exchanges, outbox]) = opened else {
        return Ok(());
    };
    let from = old.read_txn()?;
    let mut txn = sealed.env.write_txn()?;
    let keys = sealed.keys(&txn)?;
    if let Some(db) = conversations {
        for row in db.iter(&from)? {
            let (id, row) = row?;
            sealed
                .conversations
                .put(&keys, &mut txn, id, &read("conversations", row)?)?;
        }
    }
    if let Some(db) = exchanges {
        for row in db.iter(&from)? {
            let (id, mut row) = row?;
            label(&mut row["label"]);
            sealed
                .exchanges
                .put(&keys, &mut txn, id, &read::<Exchange>("exchanges", row)?)?;
        }
    }
    if let Some(db) = outbox {
        for row in db.iter(&from)? {
            let (id, mut row) = row?;
            label(&mut row["label"]);
            row["format"] = LABELS.into();
            row["tenant"] = sealed.tenant.as_str().into();
            row["replaces"] = Value::Null;
            row["signals"] = json!({"copied": 0, "kept": 0, "changed": 0, "dropped": 0, "added": 0, "opened": [],
                "asked_again": false});
            // The oldest were named by what they are of.
            if row["exchange"].as_str().unwrap_or_default().is_empty() {
                row["exchange"] = row["id"].clone();
            }
            sealed.unmade.put(&keys, &mut txn, id, &read("outbox", row)?)?;
        }
    }
    Ok(txn.commit()?)
}

fn read<T: DeserializeOwned>(database: &'static str, row: Value) -> Result<T, RecordsError> {
    serde_json::from_value(row).map_err(|_| RecordsError::Damaged {
        database,
        reason: "it is not as the older program wrote it".into(),
    })
}

/// One reason, by the names of before, becomes a list.
fn label(label: &mut Value) {
    let Some(label) = label.as_object_mut() else { return };
    let reason = label.remove("reason").unwrap_or_default();
    let named = |name: &str| match name {
        "incomplete" => "not_complete",
        "outdated" => "out_of_date",
        "unclear" => "badly_said",
        "missing" => "not_written",
        "wrong" => "wrong",
        "wrong_source" => "wrong_source",
        "complete" => "complete",
        "well_sourced" => "well_sourced",
        "clear" => "clear",
        "covered" => "covered",
        "misread" => "misread",
        _ => "other",
    };
    let reasons: Vec<&str> = reason.as_str().map(named).into_iter().collect();
    label.insert("reasons".into(), json!(reasons));
}
