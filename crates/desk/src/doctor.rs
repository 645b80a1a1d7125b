//! `doctor`: looks at everything that the program depends on, and says what to do.

use std::path::Path;

use mortar_knowledge::check_files;
use mortar_local::MiniLm;
use serde::Serialize;

use crate::{Account, Place, sample, tenant};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub found: String,
    /// What to do about it, where it is not well.
    pub remedy: Option<String>,
}

impl Check {
    fn of(name: &'static str, result: Result<String, (String, &str)>) -> Check {
        match result {
            Ok(found) => Check {
                name,
                ok: true,
                found,
                remedy: None,
            },
            Err((found, remedy)) => Check {
                name,
                ok: false,
                found,
                remedy: Some(remedy.to_owned()),
            },
        }
    }
}

/// Looks without changing anything but a file that it writes and removes to try the home folder.
pub async fn doctor(place: &Place) -> Vec<Check> {
    let release = place.release.clone().unwrap_or_else(|| place.release_dir());
    let mut checks = vec![
        Check::of("home folder", writable(&place.home)),
        Check::of(
            "tenant",
            tenant::read(place)
                .map(|t| format!("{} ({})", t.name, place.tenant))
                .map_err(|e| {
                    (
                        e.message,
                        "Mend the file that is named, or leave --tenant out for the sample tenant.",
                    )
                }),
        ),
        Check::of("release", release_found(place, &release)),
        Check::of(
            "embedding model",
            MiniLm::open(&place.weights)
                .map(|_| format!("{} in {}", mortar_local::MODEL, place.weights.display()))
                .map_err(|e| (e.to_string(), "Until then search goes by words and codes alone.")),
        ),
    ];
    // A tenant that has nothing on AWS needs neither.
    if let Ok(account) = Account::open(place) {
        let keyring = account
            .check_keyring()
            .await
            .map(|()| "it keeps what it is given".to_owned())
            .map_err(|e| (e.message, keyring_remedy(&e.code), e.code));
        let unknown = match &keyring {
            Err((_, remedy, code)) if code == "locked_keyring" => Some(("while the keyring is locked", *remedy)),
            Err((_, remedy, _)) => Some(("without the keyring", *remedy)),
            Ok(_) => None,
        };
        checks.push(Check::of("keyring", keyring.map_err(|e| (e.0, e.1))));
        // A keyring that gives nothing does not say that there is nothing in it.
        let signed_in = match (unknown, account.signed_in().await) {
            (Some((when, remedy)), _) => Err((format!("it cannot be told {when}"), remedy)),
            (None, Ok(Some(s))) => Ok(format!(
                "until {}{}",
                s.until,
                if s.renews { ", renewed by itself" } else { "" }
            )),
            (None, Ok(None)) => Err(("nobody is".to_owned(), "`mortar login`, or the button in the window.")),
            (None, Err(e)) => Err((e.message, keyring_remedy(&e.code))),
        };
        checks.push(Check::of("signed in", signed_in));
    }
    checks
}

fn keyring_remedy(code: &str) -> &'static str {
    match code {
        "no_keyring" => "Install and start a keyring service, then start Mortar again.",
        "locked_keyring" => "Unlock the keyring, then try again.",
        "lost_keyring" => "`mortar logout`, then `mortar login`.",
        _ => "Start Mortar again; if it stays so, tell IT.",
    }
}

fn release_found(place: &Place, dir: &Path) -> Result<String, (String, &'static str)> {
    match check_files(dir) {
        Ok(m) => Ok(format!(
            "{}: {} documents, {} passages, {} MB, every byte as written",
            m.release,
            m.documents,
            m.passages,
            m.bytes().div_ceil(1 << 20)
        )),
        Err(mortar_knowledge::OpenError::NotThere(_)) if place.release.is_none() && place.tenant == sample::TENANT => {
            Ok("not made yet; the sample is made at the first question".into())
        }
        Err(e) => Err((
            e.to_string(),
            "Build it again with `mortar kb build SOURCE… --out DIR`, or remove the folder: the sample makes itself.",
        )),
    }
}

fn writable(home: &Path) -> Result<String, (String, &'static str)> {
    let failed = |e: std::io::Error| {
        (
            format!("{}: {e}", home.display()),
            "Choose a folder that you may write to with --home or MORTAR_HOME.",
        )
    };
    std::fs::create_dir_all(home).map_err(failed)?;
    let probe = home.join(format!(".probe-{}", std::process::id()));
    std::fs::write(&probe, b"mortar").map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)?;
    Ok(home.display().to_string())
}
