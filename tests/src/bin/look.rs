//! Pictures of every screen and state of the real window, light and dark, in both sizes: to look at.

use std::path::{Path, PathBuf};

use mortar_desk::assistant::Stop;
use mortar_desk::feedback::{Label, LabelReason, Verdict};
use mortar_desk::{Desk, DeskError, Names, Place};
use mortar_tests::keyring::Session;
use mortar_tests::managed::managed;
use mortar_tests::stand_ins::{Fault, StandIns};
use mortar_tests::window::{Options, Window};
use mortar_tests::{json, mortar, programs};

/// What decides of a question: a drug, a step, a day, an exception, a danger, a kind of question.
const DECIDED: &[(&str, &str)] = &[
    ("refused-drug", "Is Lamisil in stock?"),
    ("refused-step", "What is step 9 of SOP 6?"),
    ("day", "How much may I refund without approval in July 2026?"),
    ("exception", "A package with oxycodone never arrived, what do I do?"),
    ("emergency", "my kid ate grandmas pills"),
];

fn main() {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_local::quiet() };
    draw();
}

#[tokio::main]
async fn draw() {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/look".into()));
    for (size, dark) in [
        ((1280, 800), false),
        ((1280, 800), true),
        ((1024, 640), false),
        ((1024, 640), true),
    ] {
        for done in [
            screens(&out, size, dark).await,
            at_a_store(&out, size, dark).await,
            a_manager(&out, size, dark).await,
            triage(&out, size, dark).await,
        ] {
            if let Err(e) = done {
                eprintln!("{e}");
                std::process::exit(1);
            }
        }
    }
}

fn picture(out: &Path, name: &str, size: (u32, u32), dark: bool) -> PathBuf {
    out.join(format!("{name}-{}-{}.png", size.0, if dark { "dark" } else { "light" }))
}

async fn screens(out: &Path, size: (u32, u32), dark: bool) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let home = home.path();
    let w = Window::open(&Options {
        size,
        dark,
        ..Options::new(home)
    })
    .await?;
    let name = |s: &str| picture(out, s, size, dark);
    w.screenshot(&name("empty")).await?;
    w.run("localStorage.removeItem('mortar.started'); return 1").await;
    w.page.refresh().await.map_err(|e| e.to_string())?;
    w.find("section kbd", 30).await?;
    w.screenshot(&name("first-start")).await?;
    w.ask("What does claim rejection code 75 mean?").await?;
    w.screenshot(&name("answer")).await?;
    w.type_into_answer(" An urgent request is always decided within 12 hours.")
        .await?;
    w.until("document.body.innerText.includes('stands in none of the passages.')")
        .await;
    w.screenshot(&name("edited")).await?;
    w.press("d", &["ctrl"]).await;
    w.screenshot(&name("compare")).await?;
    w.press("d", &["ctrl"]).await;
    w.press("Enter", &["ctrl"]).await;
    w.screenshot(&name("held")).await?;
    w.press("n", &["ctrl"]).await;
    own_words(&w, &name).await?;
    w.press("n", &["ctrl"]).await;
    w.ask("What does claim rejection code 7Z5 mean?").await?;
    w.screenshot(&name("refusal")).await?;
    for (state, question) in DECIDED {
        w.press("n", &["ctrl"]).await;
        w.ask(question).await?;
        w.screenshot(&name(state)).await?;
    }
    w.press("n", &["ctrl"]).await;
    w.ask("A patient says the insulin arrived warm. What now?").await?;
    w.press("j", &["ctrl"]).await;
    w.until("document.querySelector('.cm-line')?.textContent === 'Hello,'")
        .await;
    w.press("p", &["ctrl", "shift"]).await;
    w.screenshot(&name("customer")).await?;
    w.press("h", &["ctrl"]).await;
    w.find("[role=dialog] [role=option]", 5).await?;
    w.screenshot(&name("history")).await?;
    w.press("Escape", &[]).await;
    w.press("j", &["ctrl"]).await;
    w.ask("what about the capital of Mongolia").await?;
    w.screenshot(&name("second")).await?;
    w.press("g", &["ctrl"]).await;
    w.press("b", &["ctrl"]).await;
    w.screenshot(&name("label")).await?;
    w.press("Escape", &[]).await;
    w.press("2", &["ctrl"]).await;
    w.find("[role=option]", 10).await?;
    w.run("[...document.querySelectorAll('nav button')].find(b => b.textContent.startsWith('SOPs')).click(); return 1")
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    w.run("document.querySelectorAll('[role=option]')[2]?.click(); return 1")
        .await;
    w.screenshot(&name("browse")).await?;
    w.press("?", &[]).await;
    w.run("document.activeElement.blur(); return 1").await;
    w.press("?", &["shift"]).await;
    w.screenshot(&name("keys")).await?;
    w.press("Escape", &[]).await;
    w.press(",", &["ctrl"]).await;
    w.screenshot(&name("settings")).await?;
    w.close().await;
    Ok(())
}

/// A text from anywhere: none yet, with its marks, and held at the way out.
async fn own_words(w: &Window, name: &impl Fn(&str) -> PathBuf) -> Result<(), String> {
    w.press("e", &["ctrl"]).await;
    w.find(".cm-placeholder", 10).await?;
    w.screenshot(&name("own-empty")).await?;
    w.type_into_answer(
        "Hello Anna, thank you for writing to us.\nCode 75 means that the plan requires a prior authorization before it \
         pays for this medication.\nMost plans decide within three business days, and the medicine is free of charge.",
    )
    .await?;
    w.until("document.querySelector('.s-unsupported, .s-partial')").await;
    w.screenshot(&name("own")).await?;
    w.press("Enter", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Before you copy')").await;
    w.screenshot(&name("own-held")).await?;
    w.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Keep anyway').click(); return 1")
        .await;
    w.screenshot(&name("own-kept")).await?;
    Ok(())
}

/// What operators found: nothing yet, then documents and gaps, one of them fixed.
async fn triage(out: &Path, size: (u32, u32), dark: bool) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let home = home.path();
    let name = |s: &str| picture(out, s, size, dark);
    let mut w = Window::open(&Options {
        size,
        dark,
        ..Options::new(home)
    })
    .await?;
    w.press("4", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Nothing here.')").await;
    w.screenshot(&name("feedback-empty")).await?;
    w.close().await;
    found(home).await.map_err(|e| e.to_string())?;
    w = Window::open(&Options {
        size,
        dark,
        ..Options::new(home)
    })
    .await?;
    w.press("4", &["ctrl"]).await;
    w.until("document.querySelectorAll('[role=listbox] [role=option]').length > 3")
        .await;
    w.until("document.querySelector('aside[aria-label=Label] del')").await;
    w.screenshot(&name("feedback")).await?;
    w.press("f", &[]).await;
    let field = w.find("[role=dialog] input", 5).await?;
    w.screenshot(&name("feedback-fixed-in")).await?;
    field.send_keys("\u{e007}").await.map_err(|e| e.to_string())?;
    w.until("[...document.querySelectorAll('nav button')].some(b => b.textContent === 'Fixed, not verified · 1')")
        .await;
    w.run(
        "[...document.querySelectorAll('nav button')].find(b => b.textContent.startsWith('Fixed')).click(); return 1",
    )
    .await;
    w.press("r", &[]).await;
    w.until("document.body.innerText.includes('come right')").await;
    w.screenshot(&name("feedback-asked-again")).await?;
    w.close().await;
    Ok(())
}

/// Labels of the sample, as its operators make them.
async fn found(home: &Path) -> Result<(), DeskError> {
    use LabelReason::{BadlySaid, NotComplete, NotWritten, OutOfDate, WrongSource};
    let refund = "Up to how much may an operator refund without approval?";
    let all = [
        ("How much may I refund without asking?", OutOfDate, None),
        (
            refund,
            OutOfDate,
            Some("An operator may refund up to $75 without approval."),
        ),
        ("What does claim rejection code 79 mean?", NotComplete, None),
        ("A patient says the insulin arrived warm. What now?", WrongSource, None),
        ("How do I cancel an order that has not shipped?", BadlySaid, None),
        ("Is there a starter programme for the moon rocket?", NotWritten, None),
        ("Is there a starter programme for moon rockets?", NotWritten, None),
    ];
    let place = Place::new(Some(home.to_owned()), None, None)?;
    let desk = Desk::open(place, &mut |_| {}).await?.with_records();
    for (question, reason, text) in all {
        let (answer, kept) = desk.converse(question, None, Stop::default(), &mut |_| {}).await?;
        let exchange = kept.ok_or_else(|| DeskError::failed("it is not kept"))?.id;
        let text = text.unwrap_or(&answer.answer).to_owned();
        desk.save_text(&exchange, text.clone(), vec![])?;
        let label = Label {
            verdict: Verdict::Bad,
            reasons: vec![reason],
            note: String::new(),
            sentence: None,
            right_source: None,
        };
        let sentences = desk.ground(&text, &answer.passages, true, &Names::default())?;
        desk.label(&exchange, label, sentences)?;
    }
    Ok(())
}

/// What a tenant on AWS adds: sign-in before there is any knowledge, words as they come, an answer that broke
/// off, a new release and what it withdrew.
async fn at_a_store(out: &Path, size: (u32, u32), dark: bool) -> Result<(), String> {
    const ARRIVAL: &str = "warm,The insulin arrived warm. What now?,\"Do not use insulin that was above 30 degrees. Ask how \
                           long it was warm and note the lot number. We send a new pack the same day, at no charge. The \
                           customer need not send the warm one back.\"\n";
    const SATURDAY: &str = "saturday,When do you close on Saturday?,We close at 6 pm on Saturday.\n\
                            weekend,Until when can I come on Saturday?,We close at 4 pm on Saturday.\n";
    const REFUND: &str = "refund,How long does a refund take?,\"A refund takes five business days. It goes to the card that was \
                          charged. The bank may need two days more.\"\n";
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let stand_ins = StandIns::start(true).await;
    let said = |e: std::io::Error| e.to_string();
    let tenant = stand_ins
        .write(dir.path(), &programs().join("stand-ins"))
        .map_err(said)?;
    let keys = dir.path().join("keys");
    let configured = std::fs::read_to_string(&tenant).map_err(said)?;
    let root = keys.join("root.json");
    std::fs::write(&tenant, format!("{configured}\n[knowledge]\nroot = {root:?}\n")).map_err(said)?;
    let keyring = Session::start(dir.path(), true);
    let environment = keyring.environment(dir.path());
    let run = |arguments: &[&str]| {
        let mut c = mortar(&dir.path().join("publisher"));
        c.envs(environment.iter().map(|(k, v)| (k, v)))
            .env("HOME", dir.path())
            .args(["--json", "--tenant-file"])
            .arg(&tenant)
            .args(arguments);
        json(&mut c)
    };
    let with_keys = |arguments: &[&str]| run(&[arguments, &["--keys", &keys.to_string_lossy()]].concat());
    let publish = |rows: &str, notes: &str| {
        let file = dir.path().join("faq.csv");
        std::fs::write(&file, format!("id,question,answer\n{rows}")).expect("the folder is ours");
        let file = file.to_string_lossy();
        with_keys(&["kb", "publish", "--channel", "live", "--notes", notes, &file])
    };
    run(&["login"]);
    with_keys(&["kb", "keys", "init"]);
    publish(&format!("{ARRIVAL}{REFUND}"), "The first one.");
    run(&["logout"]);

    let tenant_file = tenant.to_string_lossy();
    let w = Window::open(&Options {
        size,
        dark,
        arguments: &["--tenant-file", &tenant_file],
        environment: &environment,
        open: "[data-opening] [role=alert]",
        ..Options::new(&dir.path().join("mortar"))
    })
    .await?;
    let name = |s: &str| picture(out, s, size, dark);
    w.screenshot(&name("sign-in-first")).await?;
    w.run("document.querySelector('[data-opening] button').click(); return 1")
        .await;
    w.find("textarea", 60).await?;

    stand_ins.faults.set("generate", Fault::Slow, 1);
    w.enter("The insulin arrived warm. What now?").await?;
    w.until("document.querySelector('.answer-writing')?.textContent && document.querySelector('aside h2')")
        .await;
    w.screenshot(&name("writing")).await?;
    w.answered(0).await?;
    publish(
        &format!("{REFUND}{SATURDAY}pets,Do we fill for pets?,We fill for dogs.\n"),
        "Warm parcels are under review.",
    );
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Now on release 2')").await;
    w.screenshot(&name("knowledge")).await?;
    w.press("Escape", &[]).await;
    w.until("document.body.innerText.includes('Withdrawn since this answer')")
        .await;
    w.screenshot(&name("withdrawn")).await?;
    w.press("n", &["ctrl"]).await;
    w.ask("When do you close on Saturday?").await?;
    w.screenshot(&name("disagree")).await?;
    w.press("n", &["ctrl"]).await;
    w.ask("How long does a refund take?").await?;
    publish(
        &format!(
            "{}{SATURDAY}pets,Do we fill for pets?,We fill for dogs.\n",
            REFUND.replace("five", "nine")
        ),
        "Refunds take longer.",
    );
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Now on release 3')").await;
    w.press("Escape", &[]).await;
    w.until("document.querySelector('[data-mark=\"▲ no longer so\"]')")
        .await;
    w.screenshot(&name("changed")).await?;
    w.press("n", &["ctrl"]).await;
    stand_ins.faults.set("generate", Fault::Cut, 1);
    w.ask("How long does a refund take?").await?;
    w.screenshot(&name("broken-off")).await?;
    w.close().await;
    Ok(())
}

/// What a manager of the knowledge adds: the releases before and after they are compared, and what promotes.
async fn a_manager(out: &Path, size: (u32, u32), dark: bool) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let home = home.path();
    managed(home);
    let w = Window::open(&Options {
        size,
        dark,
        weights: false,
        ..Options::new(home)
    })
    .await?;
    let name = |s: &str| picture(out, s, size, dark);
    w.press("3", &["ctrl"]).await;
    w.until("document.body.innerText.includes('release 1 of')").await;
    w.screenshot(&name("releases")).await?;
    w.press("c", &[]).await;
    w.find("[role=option]", 60).await?;
    for key in ["j", "j", "j", "j", "j"] {
        w.press(key, &[]).await;
    }
    w.screenshot(&name("compared")).await?;
    w.press("n", &[]).await;
    w.until("document.body.innerText.includes('unwanted ▲')").await;
    w.screenshot(&name("marked")).await?;
    w.press("p", &[]).await;
    w.find("[role=dialog] textarea", 5).await?;
    w.screenshot(&name("promote")).await?;
    w.press("Escape", &[]).await;
    w.close().await;
    Ok(())
}
