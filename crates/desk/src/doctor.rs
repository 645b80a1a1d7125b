//! `doctor`: looks at everything that the program depends on, and says what to do.

use std::path::Path;
use std::time::Instant;

use mortar_assistant::{Checker, Pair, Reranker};
use mortar_aws::{SageMakerChecker, SageMakerReranker, SignInError};
use mortar_knowledge::{OpenError, check_files};
use mortar_local::MiniLm;
use mortar_privacy::VaultError;
use serde::Serialize;

use crate::account::Account;
use crate::config;
use crate::place::Place;
use crate::tenant::SAMPLE;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub found: String,
    /// What to do about it, where it is not well.
    pub remedy: Option<String>,
}

impl Check {
    fn of(name: &'static str, result: Found) -> Check {
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

/// What was found, or what is wrong with it and what to do.
type Found = Result<String, (String, &'static str)>;

/// Looks without changing anything but a file that it writes and removes to try the home folder.
pub async fn doctor(place: &Place) -> Vec<Check> {
    let release = place.release.clone().unwrap_or_else(|| place.release_dir());
    let mut checks = vec![
        Check::of("home folder", writable(&place.home)),
        Check::of("tenant", tenant_found(place)),
        Check::of("release", release_found(place, &release)),
        Check::of("embedding model", model_found(&place.weights)),
    ];
    // A tenant that has nothing on AWS needs neither.
    if let Ok(account) = Account::open(place) {
        let keyring = account.check_keyring().await.err();
        checks.push(Check::of("keyring", keyring_found(keyring.as_ref())));
        checks.push(Check::of("signed in", signed_in(&account, keyring.as_ref()).await));
        if let Some(reranker) = &account.reranker {
            checks.push(Check::of("reranking model", reranks(reranker).await));
        }
        if let Some(checker) = &account.checker {
            checks.push(Check::of("checking model", second_opinion(checker).await));
        }
    }
    checks
}

fn tenant_found(place: &Place) -> Found {
    let remedy = "Mend the file that is named, or leave --tenant out for the sample tenant.";
    match config::read(place) {
        Ok(tenant) => Ok(format!("{} ({})", tenant.name, place.tenant)),
        Err(e) => Err((e.message, remedy)),
    }
}

fn model_found(weights: &Path) -> Found {
    match MiniLm::open(weights) {
        Ok(_) => Ok(format!("{} in {}", mortar_local::MODEL, weights.display())),
        Err(e) => Err((e.to_string(), "Until then search goes by words and codes alone.")),
    }
}

fn keyring_found(failed: Option<&SignInError>) -> Found {
    match failed {
        None => Ok("it keeps what it is given".to_owned()),
        Some(e) => Err((e.to_string(), remedy(e))),
    }
}

/// A keyring that gives nothing does not say that there is nothing in it.
async fn signed_in(account: &Account, keyring: Option<&SignInError>) -> Found {
    if let Some(e) = keyring {
        let when = match e {
            SignInError::Vault(VaultError::Locked(_)) => "while the keyring is locked",
            _ => "without the keyring",
        };
        return Err((format!("it cannot be told {when}"), remedy(e)));
    }
    match account.signed_in().await {
        Ok(Some(s)) => {
            let renewed = if s.renews { ", renewed by itself" } else { "" };
            Ok(format!("until {}{renewed}", s.until))
        }
        Ok(None) => Err(("nobody is".to_owned(), "`mortar login`, or the button in the window.")),
        Err(e) => Err((e.to_string(), remedy(&e))),
    }
}

async fn second_opinion(checker: &SageMakerChecker) -> Found {
    let pairs = [Pair {
        source: "Shipping takes two days.".to_owned(),
        claim: "Shipping takes two days.".to_owned(),
    }];
    let ask = || checker.check(&pairs, "");
    let _ = ask().await;
    let began = Instant::now();
    match ask().await {
        Ok(_) => Ok(format!(
            "{} answers in {} ms, and has {}",
            checker.model(),
            began.elapsed().as_millis(),
            checker.budget().as_millis()
        )),
        Err(e) => Err((
            e.message,
            "Until then the marks of a checked text are those of the rules alone.",
        )),
    }
}

async fn reranks(reranker: &SageMakerReranker) -> Found {
    let texts = ["It is blue.".to_owned(), "It is round.".to_owned()];
    let ask = || reranker.rerank("Which colour is it?", &texts, "");
    // Credentials and a connection are made once, and not what an operator waits for at each question.
    let _ = ask().await;
    let began = Instant::now();
    match ask().await {
        Ok(_) => Ok(format!(
            "{} answers in {} ms, and has {}",
            reranker.model(),
            began.elapsed().as_millis(),
            reranker.budget().as_millis()
        )),
        Err(e) => Err((
            e.message,
            "Until then passages stand in the order of the search. `mortar models probe` says which contract it has.",
        )),
    }
}

fn remedy(e: &SignInError) -> &'static str {
    match e {
        SignInError::Vault(VaultError::None(_)) => "Install and start a keyring service, then start Mortar again.",
        SignInError::Vault(VaultError::Locked(_)) => "Unlock the keyring, then try again.",
        SignInError::Vault(VaultError::Lost) => "`mortar logout`, then `mortar login`.",
        _ => "Start Mortar again; if it stays so, tell IT.",
    }
}

fn release_found(place: &Place, dir: &Path) -> Found {
    match check_files(dir) {
        Ok(m) => Ok(format!(
            "{}: {} documents, {} passages, {} MB, every byte as written",
            m.release,
            m.documents,
            m.passages,
            m.bytes().div_ceil(1 << 20)
        )),
        Err(OpenError::NotThere(_)) if place.release.is_none() && place.tenant == SAMPLE => {
            Ok("not made yet; the sample is made at the first question".into())
        }
        Err(e) => Err((
            e.to_string(),
            "Build it again with `mortar kb build SOURCE… --out DIR`, or remove the folder: the sample makes itself.",
        )),
    }
}

fn writable(home: &Path) -> Found {
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
