//! The real window, driven by WebDriver under a display of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::programs;
use crate::trace::strace;

/// A window with its driver and its display; all of them end with it.
pub struct Window {
    pub page: Client,
    driver: Child,
    display: Option<Child>,
    pub home: PathBuf,
    /// From the start of the program until a question could be typed.
    pub start_ms: f64,
}

pub struct Options<'a> {
    pub home: &'a Path,
    pub size: (u32, u32),
    pub dark: bool,
    /// Without the weights, search goes by words alone.
    pub weights: bool,
    /// Handed to the program.
    pub arguments: &'a [&'a str],
    /// Put into its environment; without a session bus of its own it has no keyring.
    pub environment: &'a [(&'a str, String)],
    /// What is there once it is open.
    pub open: &'a str,
    /// Where all that the program prints goes; nowhere, if it is not asked for.
    pub printed: Option<&'a Path>,
    /// Where strace notes what the program calls, if that is asked for; the driver's calls are among them.
    pub traced: Option<&'a Path>,
}

impl<'a> Options<'a> {
    pub fn new(home: &'a Path) -> Self {
        Options {
            home,
            size: (1280, 800),
            dark: false,
            weights: true,
            arguments: &[],
            environment: &[],
            open: "textarea",
            printed: None,
            traced: None,
        }
    }
}

impl Window {
    /// Opens the window on a home folder and waits until it can be worked with.
    pub async fn open(o: &Options<'_>) -> Result<Window, String> {
        let (mut display, name) = display(o.size)?;
        let port = free_port();
        let mut driver = driver(o, &name, port)?;
        let began = Instant::now();
        let page = session(port, &programs().join("mortar-app"), o.arguments).await;
        if page.is_err() {
            // Without a window, nothing else would end them.
            for child in std::iter::once(&mut driver).chain(display.as_mut()) {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        let page = page?;
        let mut window = Window {
            page,
            driver,
            display,
            home: o.home.to_owned(),
            start_ms: 0.0,
        };
        window.find(o.open, 120).await?;
        window.start_ms = began.elapsed().as_secs_f64() * 1000.0;
        window
            .page
            .set_window_rect(0, 0, o.size.0, o.size.1)
            .await
            .map_err(|e| e.to_string())?;
        let theme = if o.dark { "dark" } else { "light" };
        window
            .run(&format!(
                "localStorage.setItem('mortar.preferences', JSON.stringify({{theme:'{theme}'}})); return 1;"
            ))
            .await;
        window.page.refresh().await.map_err(|e| e.to_string())?;
        window.find(o.open, 120).await?;
        Ok(window)
    }

    /// How long the browser of the same web view takes to show an empty page: what no window can be faster than.
    pub async fn empty_page_ms(home: &Path, browser: &Path) -> Result<f64, String> {
        let o = Options::new(home);
        let (mut display, name) = display(o.size)?;
        let port = free_port();
        let mut driver = driver(&o, &name, port)?;
        let began = Instant::now();
        let opened = async {
            let page = session(port, browser, &["--automation"]).await?;
            page.goto("about:blank").await.map_err(|e| e.to_string())?;
            page.find(Locator::Css("body")).await.map_err(|e| e.to_string())?;
            let ms = began.elapsed().as_secs_f64() * 1000.0;
            page.close().await.map_err(|e| e.to_string())?;
            Ok(ms)
        }
        .await;
        for child in std::iter::once(&mut driver).chain(display.as_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        opened
    }

    /// Waits for an element.
    pub async fn find(&self, css: &str, seconds: u64) -> Result<fantoccini::elements::Element, String> {
        self.page
            .wait()
            .at_most(Duration::from_secs(seconds))
            .every(Duration::from_millis(40))
            .for_element(Locator::Css(css))
            .await
            .map_err(|e| format!("{css}: {e}"))
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.page
            .execute(script, vec![])
            .await
            .unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    /// Waits until an expression is true in the page; a busy machine may take its time.
    pub async fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")).await != json!(true) {
            if began.elapsed() > Duration::from_secs(30) {
                let page = self.run("return document.body.innerText").await;
                panic!("never true: {expression}\nthe page says: {page:#}");
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// Waits until nothing on the page moves any more: what fades in has other colours on its way.
    pub async fn still(&self) {
        self.until("document.getAnimations().every(a => a.playState !== 'running')")
            .await;
    }

    /// Asks a question and waits until its turn is done.
    pub async fn ask(&self, question: &str) -> Result<(), String> {
        let turns = self.run("return document.querySelectorAll('[data-turn]').length").await;
        self.enter(question).await?;
        self.answered(turns.as_u64().unwrap_or(0)).await
    }

    /// Types a question and presses Enter.
    pub async fn enter(&self, question: &str) -> Result<(), String> {
        let field = self.find("textarea[aria-label=Question]", 10).await?;
        field
            .send_keys(&format!("{question}\u{e007}"))
            .await
            .map_err(|e| e.to_string())
    }

    /// Waits until the newest turn, behind so many others, is done.
    pub async fn answered(&self, before: u64) -> Result<(), String> {
        // Done, and drawn: the answer's marks, which come a moment after its words, or the refusal.
        let script = format!(
            "const t = document.querySelectorAll('[data-turn]'); const last = t[t.length - 1];
             return t.length > {before} && (last.dataset.turn === 'failed'
                 || (last.dataset.turn === 'done' && last.querySelector('.cm-line[data-mark], [data-refusal]') !== null))"
        );
        let began = Instant::now();
        while self.run(&script).await != json!(true) {
            if began.elapsed() > Duration::from_secs(30) {
                let page = self.run("return document.body.innerText").await;
                return Err(format!("no answer; the page says {page}"));
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        Ok(())
    }

    /// The newest turn as the page shows it.
    pub async fn last_turn(&self) -> Value {
        self.run(
            "const t = [...document.querySelectorAll('[data-turn]')].at(-1);
             return { question: t.querySelector('h1').textContent,
                      paint: Number(t.dataset.paintMs),
                      refused: t.querySelector('[data-refusal]')?.dataset.refusal ?? null,
                      text: t.innerText,
                      passages: [...t.querySelectorAll('ul li')].map(e => e.textContent),
                      lines: [...t.querySelectorAll('.cm-line')].map(e => {
                          const words = e.cloneNode(true);
                          words.querySelectorAll('.cm-said').forEach(mark => mark.remove());
                          return [words.textContent, e.dataset.mark ?? null];
                      }) }",
        )
        .await
    }

    /// Types at the end of the newest answer, as an edit.
    pub async fn type_into_answer(&self, words: &str) -> Result<(), String> {
        self.run("const e = [...document.querySelectorAll('.cm-content')].at(-1); e.focus(); getSelection().selectAllChildren(e); getSelection().collapseToEnd(); return 1;").await;
        let all = self
            .page
            .find_all(Locator::Css(".cm-content"))
            .await
            .map_err(|e| e.to_string())?;
        let editor = all.last().ok_or("there is no answer to edit")?;
        editor.send_keys(words).await.map_err(|e| e.to_string())
    }

    /// A key with the platform's modifier, as a person presses it.
    pub async fn press(&self, key: &str, modifiers: &[&str]) {
        let has = |m: &str| modifiers.contains(&m);
        self.run(&format!(
            "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?}, ctrlKey: {}, altKey: {}, shiftKey: {}, bubbles: true, cancelable: true }})); return 1;",
            has("ctrl"), has("alt"), has("shift")
        ))
        .await;
    }

    /// What axe finds wrong, one line a finding.
    pub async fn axe(&self) -> Vec<String> {
        let axe =
            std::fs::read_to_string(crate::root().join("ui/node_modules/axe-core/axe.min.js")).expect("npm ci has run");
        self.page
            .execute(&format!("{axe}; return 1;"), vec![])
            .await
            .expect("axe loads");
        let found = self
            .page
            .execute_async(
                "const done = arguments[arguments.length - 1];
                 axe.run().then(r => done(r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 160) + ' ' + (n.failureSummary ?? '').split('\\n').slice(1, 2)))), e => done(['axe: ' + e]));",
                vec![],
            )
            .await
            .expect("axe runs");
        found
            .as_array()
            .map(|a| a.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect())
            .unwrap_or_default()
    }

    /// The window as the screen shows it.
    pub async fn screenshot(&self, file: &Path) -> Result<(), String> {
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir).map_err(|e| e.to_string())?;
        }
        // Two frames, so that what was just changed is drawn.
        tokio::time::sleep(Duration::from_millis(350)).await;
        let png = self.page.screenshot().await.map_err(|e| e.to_string())?;
        std::fs::write(file, png).map_err(|e| e.to_string())
    }

    /// Kills the window's own process, as a crash or a flat battery would.
    pub fn kill(mut self) {
        for pid in self.pids() {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        self.end();
    }

    /// Bytes that the window's processes have of their own, shared ones divided among those who share.
    pub fn memory(&self) -> u64 {
        let kb = |pid: u32| {
            let all = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = all.lines().find_map(|l| l.strip_prefix("Pss:"));
            line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok())
        };
        self.processes().filter_map(kb).sum::<u64>() * 1024
    }

    /// The program's own processes, without the web view's.
    pub fn pids(&self) -> Vec<u32> {
        self.processes().filter(|p| comm(*p) == "mortar-app").collect()
    }

    /// The program's processes and those that the web view started, without the driver.
    fn processes(&self) -> impl Iterator<Item = u32> {
        let marker = format!("MORTAR_HOME={}", self.home.display());
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = all.filter_map(|e| e.file_name().to_string_lossy().parse::<u32>().ok());
        numbers.filter(move |pid| {
            let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            comm(*pid) != "WebKitWebDriver" && String::from_utf8_lossy(&environ).contains(&marker)
        })
    }

    pub async fn close(mut self) {
        let _ = self.page.clone().close().await;
        self.end();
    }

    fn end(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        if let Some(d) = &mut self.display {
            let _ = d.kill();
            let _ = d.wait();
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

/// By which WebKit draws without a graphics card; the program sets it itself where it is empty.
pub const DIRECTLY: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// A driver that starts the program on a display, with a home of its own.
fn driver(o: &Options<'_>, display: &str, port: u16) -> Result<Child, String> {
    let mut c = match o.traced {
        Some(file) => {
            let mut strace = strace(file);
            strace.arg("WebKitWebDriver");
            strace
        }
        None => Command::new("WebKitWebDriver"),
    };
    c.arg(format!("--port={port}"))
        .env("TAURI_AUTOMATION", "true")
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("DISPLAY", display)
        .env("GDK_BACKEND", "x11")
        .env("MORTAR_HOME", o.home)
        // The window's own state goes to the test's home as well.
        .env("XDG_DATA_HOME", o.home.join("xdg-data"))
        .env("XDG_CONFIG_HOME", o.home.join("xdg-config"))
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Drawn directly, a picture that the driver is to take never comes.
    c.env(DIRECTLY, "0");
    c.envs(o.environment.iter().map(|(k, v)| (k, v)));
    if let Some(printed) = o.printed {
        // The program has the driver's own outputs.
        let said = |e: std::io::Error| format!("{}: {e}", printed.display());
        let file = std::fs::File::create(printed).map_err(said)?;
        c.stderr(file.try_clone().map_err(said)?).stdout(file);
    }
    if !o.weights {
        c.env("MORTAR_MODELS", o.home.join("no-models"));
    }
    let child = c
        .spawn()
        .map_err(|e| format!("WebKitWebDriver: {e}; `cargo xtask setup` installs it"))?;
    wait_for_port(port)?;
    Ok(child)
}

/// Has the driver start the program.
async fn session(port: u16, program: &Path, arguments: &[&str]) -> Result<Client, String> {
    let mut wanted = Capabilities::new();
    let options = json!({ "binary": program, "args": arguments });
    wanted.insert("webkitgtk:browserOptions".into(), options);
    ClientBuilder::new(HttpConnector::new())
        .capabilities(wanted)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .map_err(|e| format!("the window does not open: {e}"))
}

fn comm(pid: u32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// A display of the wanted size: Xvfb chooses a free number itself.
fn display(size: (u32, u32)) -> Result<(Option<Child>, String), String> {
    use std::io::{BufRead, BufReader};
    let mut child = Command::new("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &format!("{}x{}x24", size.0, size.1),
            "-nolisten",
            "tcp",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("Xvfb: {e}; `cargo xtask setup` installs it"))?;
    let mut line = String::new();
    let out = child.stdout.take().ok_or("Xvfb says nothing")?;
    BufReader::new(out).read_line(&mut line).map_err(|e| e.to_string())?;
    let number = line.trim();
    if number.is_empty() {
        return Err("Xvfb did not start".into());
    }
    Ok((Some(child), format!(":{number}")))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

fn wait_for_port(port: u16) -> Result<(), String> {
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > Duration::from_secs(20) {
            return Err("WebKitWebDriver does not answer".into());
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    Ok(())
}
