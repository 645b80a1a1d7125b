//! Where the browser comes back to after a sign-in: a port of this computer, open while one sign-in lasts.
//! It takes a code with the right state and nothing else, and shows a page that loads nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::sign_in_error::SignInError;

pub const CALLBACK: &str = "/oauth/callback";

/// A port of this computer's own, for one sign-in.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

fn failed(e: std::io::Error) -> SignInError {
    SignInError::Loopback(e.to_string())
}

impl Loopback {
    pub async fn open() -> Result<Self, SignInError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Loopback { listener, port })
    }

    /// Where the browser is sent back to.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{CALLBACK}", self.port)
    }

    /// Waits for the browser to come back with a code for this very sign-in. Whoever else knocks is sent
    /// away.
    pub async fn code(&self, state: &str) -> Result<String, SignInError> {
        loop {
            let (mut stream, _) = self.listener.accept().await.map_err(failed)?;
            let Ok(Some(asked)) = timeout(Duration::from_secs(5), asked(&mut stream)).await else {
                continue;
            };
            let value = |name: &str| {
                asked
                    .query_pairs()
                    .find(|(k, _)| k == name)
                    .map(|(_, v)| v.into_owned())
            };
            if asked.path() != CALLBACK || value("state").as_deref() != Some(state) {
                answer(
                    &mut stream,
                    "404 Not Found",
                    "This is not the sign-in that Mortar waits for.",
                )
                .await;
                continue;
            }
            if let Some(error) = value("error") {
                answer(
                    &mut stream,
                    "200 OK",
                    "Mortar was not signed in. You can close this page.",
                )
                .await;
                return Err(SignInError::Refused(error));
            }
            if let Some(code) = value("code") {
                answer(&mut stream, "200 OK", "Mortar is signed in. You can close this page.").await;
                return Ok(code);
            }
            answer(&mut stream, "400 Bad Request", "There is no code in this.").await;
        }
    }
}

/// The address that a browser asks for.
async fn asked(stream: &mut TcpStream) -> Option<url::Url> {
    const LONGEST: usize = 16 * 1024;
    let mut head = Vec::new();
    let mut buffer = [0u8; 2048];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        head.extend_from_slice(&buffer[..n]);
        if head.len() > LONGEST {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&head);
    let target = line.lines().next()?.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    url::Url::parse("http://127.0.0.1").ok()?.join(&target).ok()
}

async fn answer(stream: &mut TcpStream, status: &str, words: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>Mortar</title><p>{words}");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
}
