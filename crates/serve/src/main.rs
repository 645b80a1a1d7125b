//! `mortar-serve`: the same answers over HTTP, for several tenants at once. Each is a desk of its own; who asks is known by
//! a token that is verified here. No rule of answering lives here, and no text of anybody goes into the log.

mod auth;
mod config;
mod developer;
mod door;
mod ending;
mod failure;
mod log;
mod openai;
mod routes;
mod runs;
mod tenants;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use mortar_desk::DeskError;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::auth::Issuers;
use crate::config::Config;
use crate::door::Service;
use crate::ending::Ending;

/// Where a configuration is looked for; where none is, the sample tenant is served on the loopback.
const CONFIG: &str = "/etc/mortar/serve.toml";
/// A balancer sends requests for a moment after it was told that no more are taken.
const STRAYS: Duration = Duration::from_secs(2);
/// Answers under way end within that, and the process soon after: it is killed after 120 s.
const LAST_ANSWERS: Duration = Duration::from_secs(100);
const LAST_BYTES: Duration = Duration::from_secs(5);

/// Grounded answers over HTTP.
#[derive(Parser)]
#[command(name = "mortar-serve", version)]
struct Arguments {
    /// Where all state is kept (else MORTAR_HOME, else the user's data folder)
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// What is served to whom (else /etc/mortar/serve.toml; where that is not there, the sample on the loopback)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The port of the sample; 0 takes a free one
    #[arg(long, default_value_t = 8080, conflicts_with = "config")]
    port: u16,
}

fn main() -> ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_desk::quiet() };
    mortar_desk::private_files();
    let arguments = Arguments::parse();
    match started(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            log::say(&json!({ "error": e }));
            ExitCode::FAILURE
        }
    }
}

fn started(arguments: Arguments) -> Result<(), DeskError> {
    let file = arguments
        .config
        .or_else(|| Some(PathBuf::from(CONFIG)).filter(|f| f.is_file()));
    let (config, issuers, token) = match file {
        Some(file) => {
            let config = Config::read(&file).map_err(DeskError::usage)?;
            let issuers = Issuers::of(&config.issuers).map_err(DeskError::usage)?;
            (config, issuers, None)
        }
        None => {
            let (config, issuers, token) = developer::mode(arguments.port)?;
            (config, issuers, Some(token))
        }
    };
    let service = Arc::new(Service {
        tenants: tenants::tenants(arguments.home, &config.tenants)?,
        issuers,
        ending: Ending::default(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // One for each request under way, and some for what happens behind them.
        .max_blocking_threads(config.at_once() + 64)
        .build()
        .map_err(DeskError::failed)?;
    let served = runtime.block_on(serve(service, config.listen, token));
    // What still computes has nobody to tell it to.
    runtime.shutdown_background();
    served
}

async fn serve(service: Arc<Service>, listen: SocketAddr, token: Option<String>) -> Result<(), DeskError> {
    let unusable = |e: std::io::Error| DeskError::failed(format!("{listen}: {e}"));
    let listener = TcpListener::bind(listen).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unusable)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unusable)?;
    log::say(&json!({ "listening": address }));
    if let Some(token) = &token {
        log::say(&json!({ "token": token }));
    }
    let ending = service.ending.clone();
    let told_to_end = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::say(&json!({ "ending": true }));
        ending.drain();
    };
    let (no_more, closing) = tokio::sync::oneshot::channel::<()>();
    let closed = async {
        let _ = closing.await;
    };
    let serving = axum::serve(listener, routes::router(service.clone())).with_graceful_shutdown(closed);
    let opening = tenants::open(&service.tenants);
    let end = async {
        tokio::select! {
            () = told_to_end => {}
            // It goes on behind: nothing waits for a tenant but its own requests.
            () = async { opening.await; std::future::pending().await } => {}
        }
        tokio::time::sleep(STRAYS).await;
        let _ = no_more.send(());
        tokio::time::sleep(LAST_ANSWERS).await;
        service.ending.end();
        tokio::time::sleep(LAST_BYTES).await;
    };
    tokio::select! {
        served = serving => served.map_err(DeskError::failed),
        // Whoever does not read their end is not waited for.
        () = end => Ok(()),
    }
}
