//! The peers, in a Python of their own: a request a line, an answer a line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mortar_tests::root;
use serde_json::Value;

use crate::Anything;

pub struct Peers {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peers {
    pub fn start(threads: usize) -> Result<Self, Anything> {
        let mut child = Command::new(root().join("target/bench/python/bin/python"))
            .arg(root().join("tests/src/bin/bench/peers.py"))
            .env("THREADS", threads.to_string())
            .env("OMP_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().ok_or("no way in")?;
        let from = BufReader::new(child.stdout.take().ok_or("no way out")?);
        Ok(Peers { child, to, from })
    }

    pub fn ask(&mut self, request: Value) -> Result<Value, Anything> {
        writeln!(self.to, "{request}")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|e| format!("the peers fell silent at {request}: {e}").into())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
