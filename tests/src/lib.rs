//! What the acceptance tests share: the programs as they were built, a home of their own for each
//! test, and a driver for the real window.

pub mod keyring;
pub mod leaks;
pub mod managed;
pub mod shelf;
pub mod stand_ins;
pub mod trace;
pub mod window;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The folder of the built programs: this test's own is in `deps` below it.
pub fn programs() -> PathBuf {
    let me = std::env::current_exe().expect("a test knows its own path");
    let folder = me.parent().expect("a program lies in a folder");
    if folder.ends_with("deps") {
        folder.parent().expect("deps lies in a folder").to_owned()
    } else {
        folder.to_owned()
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the project")
        .to_owned()
}

/// `mortar` with a home of its own.
pub fn mortar(home: &Path) -> Command {
    let mut c = Command::new(programs().join("mortar"));
    c.env("MORTAR_HOME", home);
    c
}

/// Runs `mortar` without the embedding model: quick, and the same everywhere.
pub fn words_only(home: &Path) -> Command {
    let mut c = mortar(home);
    c.env("MORTAR_MODELS", home.join("no-models"));
    c
}

pub fn run(c: &mut Command) -> Output {
    c.output()
        .unwrap_or_else(|e| panic!("{c:?}: {e}. Build the programs first: cargo build --release --workspace"))
}

/// The JSON that a command printed; it must have succeeded.
pub fn json(c: &mut Command) -> Value {
    let out = run(c);
    let stdout = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{c:?}\n{stdout}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{c:?}: {e}\n{stdout}"))
}

/// A command that must fail with this exit code; what it said on stderr.
pub fn refused(c: &mut Command, code: i32) -> String {
    let out = run(c);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{c:?}\n{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Visits an address as a browser does, with all that it leads to; the last page.
pub async fn visit(url: &str) -> Result<String, String> {
    use http_body_util::BodyExt;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    let client: Client<_, http_body_util::Empty<axum::body::Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let mut at: url::Url = url.parse().map_err(|e| format!("{url}: {e}"))?;
    for _ in 0..8 {
        let uri = at.as_str().parse().map_err(|e| format!("{at}: {e}"))?;
        let answer = client.get(uri).await.map_err(|e| format!("{at}: {e}"))?;
        if let Some(to) = answer.headers().get("location").and_then(|v| v.to_str().ok()) {
            at = at.join(to).map_err(|e| format!("{to}: {e}"))?;
            continue;
        }
        let status = answer.status();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(|e| e.to_string())?
            .to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        return if status.is_success() {
            Ok(text)
        } else {
            Err(format!("{status}: {text}"))
        };
    }
    Err(format!("{url} leads in a circle"))
}

/// A keyring in memory, for what needs one and does not try it.
#[derive(Default)]
pub struct InMemory(std::sync::Mutex<std::collections::BTreeMap<String, Vec<u8>>>);

impl InMemory {
    fn held(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl mortar_privacy::Vault for InMemory {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, mortar_privacy::VaultError> {
        Ok(self.held().get(name).cloned())
    }
    fn put(&self, name: &str, secret: &[u8]) -> Result<(), mortar_privacy::VaultError> {
        self.held().insert(name.into(), secret.to_vec());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), mortar_privacy::VaultError> {
        self.held().remove(name);
        Ok(())
    }
    fn check(&self) -> Result<(), mortar_privacy::VaultError> {
        Ok(())
    }
}
