//! The real window, by WebDriver: the main job, every screen under axe, and what survives a kill.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mortar_tests::keyring::Session;
use mortar_tests::leaks::Secrets;
use mortar_tests::stand_ins::{FEEDBACK, Fault, Lasts, StandIns};
use mortar_tests::window::{Options, Window};
use mortar_tests::{programs, root};
use serde_json::json;

fn pictures() -> PathBuf {
    root().join("target/window")
}

async fn open(home: &Path, size: (u32, u32), dark: bool) -> Window {
    Window::open(&Options {
        size,
        dark,
        ..Options::new(home)
    })
    .await
    .unwrap()
}

async fn clean(w: &Window, screen: &str) {
    let found = w.axe().await;
    assert!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
}

#[tokio::test]
async fn ask_check_edit_copy_label() {
    let home = tempfile::tempdir().unwrap();
    let w = open(home.path(), (1280, 800), false).await;
    clean(&w, "empty").await;

    // The first question loads what later ones have at hand; an operator's day has many.
    w.ask("How long does standard shipping take?").await.unwrap();
    let mut paints = Vec::new();
    for q in [
        "What does claim rejection code 75 mean?",
        "How long does a refund take?",
        "Do we fill prescriptions for pets?",
        "What is a formulary tier?",
        "How do I add an allergy to the profile?",
    ] {
        w.press("n", &["ctrl"]).await;
        w.ask(q).await.unwrap();
        // The figure comes with the frame after the passages.
        w.find("[data-paint-ms]", 5).await.unwrap();
        paints.push(w.last_turn().await["paint"].as_f64().unwrap());
    }
    paints.sort_by(f64::total_cmp);
    // A figure, not a verdict: how long a frame takes is the machine's business as much as ours.
    println!("enter to passages on the screen, ms: {paints:.0?}");

    w.press("n", &["ctrl"]).await;
    w.ask("What does claim rejection code 75 mean?").await.unwrap();
    let turn = w.last_turn().await;
    assert!(turn["passages"][0].as_str().unwrap().contains("Reject 75"), "{turn:#}");
    assert_eq!(turn["lines"][0][1], "● verbatim");
    w.find(".page mark", 5).await.unwrap();
    let lit = w.run("return document.querySelector('.page mark').textContent").await;
    assert_eq!(
        lit,
        "Code 75 means that the plan requires a prior authorization before it pays for this medication."
    );
    clean(&w, "answer").await;

    // The next sentence by key lights up its own bytes.
    w.press("ArrowDown", &["alt"]).await;
    w.until("document.querySelector('.page mark').textContent.startsWith('The claim was well formed')")
        .await;

    w.type_into_answer("\nIt always takes 12 hours.").await.unwrap();
    w.until("document.body.innerText.includes('“12 hours” stands in none of the passages.')")
        .await;
    clean(&w, "edited").await;
    w.press("Enter", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Before you copy')").await;
    clean(&w, "asked before copying").await;
    w.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Drop it').click(); return 1")
        .await;
    w.until("document.body.innerText.includes('Nothing was copied yet')")
        .await;
    // Nothing stands in the way any more: the next copy goes out, and says so for a moment.
    w.press("Enter", &["ctrl"]).await;
    w.until("document.querySelector('[aria-live=assertive]').textContent.includes('Copied')")
        .await;
    let turn = w.last_turn().await;
    assert!(!turn["text"].as_str().unwrap().contains("12 hours"), "{turn:#}");

    w.press("b", &["ctrl"]).await;
    w.find("[role=dialog]", 5).await.unwrap();
    clean(&w, "label").await;
    w.run("document.querySelector('[role=dialog] input[type=radio]').click(); return 1")
        .await;
    w.run("document.querySelector('[role=dialog] form').requestSubmit(); return 1")
        .await;
    w.until("document.body.innerText.includes('1 label waiting')").await;
    w.screenshot(&pictures().join("answer.png")).await.unwrap();
    w.close().await;
}

#[tokio::test]
async fn every_screen_in_the_dark_and_small() {
    let home = tempfile::tempdir().unwrap();
    let w = open(home.path(), (1024, 640), true).await;
    w.ask("What does claim rejection code 7Z5 mean?").await.unwrap();
    let turn = w.last_turn().await;
    assert_eq!(turn["refused"], "unknown_code");
    assert!(turn["lines"].as_array().unwrap().is_empty());
    clean(&w, "refusal").await;
    w.ask("A patient says the insulin arrived warm. What now?")
        .await
        .unwrap();
    clean(&w, "answer").await;
    w.press("2", &["ctrl"]).await;
    w.find("[role=option]", 10).await.unwrap();
    w.run("document.querySelector('[role=option]').click(); return 1").await;
    w.find("aside h2", 5).await.unwrap();
    clean(&w, "browse").await;
    for (key, modifiers, screen) in [(",", &["ctrl"][..], "settings"), ("k", &["ctrl"], "palette")] {
        w.press(key, modifiers).await;
        w.find("[role=dialog]", 5).await.unwrap();
        w.still().await;
        clean(&w, screen).await;
        w.press("Escape", &[]).await;
        w.until("document.querySelector('[role=dialog]') === null").await;
    }
    w.run("document.activeElement.blur(); return 1").await;
    w.press("?", &["shift"]).await;
    w.find("[role=dialog]", 5).await.unwrap();
    clean(&w, "keys").await;
    w.close().await;
}

#[tokio::test]
async fn without_weights_the_window_says_so_and_hostile_text_stays_text() {
    let home = tempfile::tempdir().unwrap();
    let w = Window::open(&Options {
        dark: true,
        weights: false,
        ..Options::new(home.path())
    })
    .await
    .unwrap();
    w.until("document.body.innerText.includes('words only')").await;
    w.ask("<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> reject 75 مرحبا 😀")
        .await
        .unwrap();
    // The editor sets pictures of no source beside its own marks.
    assert_eq!(
        w.run("return window.hacked === undefined && document.querySelectorAll('main img:not(.cm-widgetBuffer)').length === 0")
            .await,
        json!(true)
    );
    assert!(
        w.last_turn().await["passages"][0]
            .as_str()
            .unwrap()
            .contains("Reject 75")
    );
    // What the page's rules forbid: anything from elsewhere.
    let fetched = w
        .page
        .execute_async(
            "const d = arguments[0]; fetch('https://example.com').then(() => d('fetched'), () => d('refused'))",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(fetched, "refused");
    clean(&w, "words only").await;
    // A question that is too long is refused, and the window goes on.
    let field = w.find("textarea[aria-label=Question]", 5).await.unwrap();
    w.run("const t = document.querySelector('textarea'); Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(t, 'why '.repeat(25000)); t.dispatchEvent(new Event('input', {bubbles: true})); return 1").await;
    field.send_keys("\u{e007}").await.unwrap();
    w.find("[role=alert]", 10).await.unwrap();
    clean(&w, "failed").await;
    w.close().await;
}

#[tokio::test]
async fn a_kill_of_the_window_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let w = open(home.path(), (1280, 800), false).await;
    w.ask("What does claim rejection code 75 mean?").await.unwrap();
    w.type_into_answer("\nKept words.").await.unwrap();
    // A draft is kept a moment after the last key.
    tokio::time::sleep(Duration::from_secs(2)).await;
    w.kill();
    for i in 0..8 {
        let w = open(home.path(), (1280, 800), false).await;
        w.find("nav button[title]", 10).await.unwrap();
        w.run("document.querySelector('nav button[title]').click(); return 1")
            .await;
        w.find(".cm-content", 10).await.unwrap();
        w.until("document.querySelector('main').innerText.includes('Kept words.')")
            .await;
        // In the midst of an answer that is being asked for.
        let field = w.find("textarea[aria-label=Question]", 5).await.unwrap();
        field.send_keys("and 76?\u{e007}").await.unwrap();
        tokio::time::sleep(Duration::from_millis(7 * i)).await;
        w.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_in_to_a_labelled_answer_in_the_feedback_bucket() {
    let dir = tempfile::tempdir().unwrap();
    let stand_ins = StandIns::start(true).await;
    let tenant = stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
    let keyring = Session::start(dir.path(), true);
    let home = dir.path().join("mortar");
    let tenant = tenant.to_string_lossy().into_owned();
    let w = Window::open(&Options {
        arguments: &["--tenant-file", &tenant],
        environment: &keyring.environment(dir.path()),
        ..Options::new(&home)
    })
    .await
    .unwrap();

    // Nobody is signed in: the sources' sentences answer, and one button leads on.
    w.ask("What does claim rejection code 75 mean?").await.unwrap();
    w.until("document.querySelector('[role=status]')?.innerText.includes('nobody is signed in')")
        .await;
    clean(&w, "not signed in").await;
    w.screenshot(&pictures().join("not-signed-in.png")).await.unwrap();
    w.run("[...document.querySelectorAll('[role=status] button')].find(b => b.innerText.startsWith('Sign in')).click(); return 1")
        .await;
    // The question is asked again by itself, and the model answers.
    w.until("[...document.querySelectorAll('[data-turn=done]')].at(-1)?.innerText.includes('answered by stand-in')")
        .await;
    w.answered(1).await.unwrap();
    let turn = w.last_turn().await;
    assert_eq!(turn["lines"][0][1], "● verbatim", "{turn:#}");
    w.still().await;
    clean(&w, "signed in").await;
    w.screenshot(&pictures().join("signed-in.png")).await.unwrap();

    w.type_into_answer(" An urgent request is always decided within 12 hours.")
        .await
        .unwrap();
    w.until("document.body.innerText.includes('stands in none of the passages.')")
        .await;
    w.press("g", &["ctrl"]).await;
    w.find("[role=dialog]", 10).await.unwrap();
    w.run("[...document.querySelectorAll('[role=dialog] button')].find(b => b.innerText.startsWith('Save')).click(); return 1")
        .await;
    let began = std::time::Instant::now();
    // The audit's head goes with it, and may stand before it.
    let label = || {
        let keys = stand_ins.store.keys(FEEDBACK);
        keys.into_iter().find(|k| k.starts_with("labels/tenant=pharmacy/date="))
    };
    while label().is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "no label arrived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let body = stand_ins.store.body(FEEDBACK, &label().unwrap()).unwrap();
    let entry: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(entry["text"].as_str().unwrap().contains("12 hours."), "{entry:#}");
    assert_eq!(entry["answer"]["models"]["generation"], "stand-in");
    let id = entry["answer"]["inference_id"].as_str().unwrap();
    assert!(stand_ins.models.inference_ids().contains(&format!("generate:{id}")));

    // The model breaks off: what came stays, marked.
    w.press("n", &["ctrl"]).await;
    stand_ins.faults.set("generate", Fault::Cut, 1);
    w.ask("A patient says the insulin arrived warm. What now?")
        .await
        .unwrap();
    w.until("document.querySelector('[role=status]')?.innerText.includes('broke off')")
        .await;
    clean(&w, "broken off").await;
    w.screenshot(&pictures().join("broken-off.png")).await.unwrap();
    // It goes on behind what came, and the mark goes.
    let came = w.last_turn().await["lines"].as_array().unwrap().len();
    w.run("[...document.querySelectorAll('[role=status] button')].find(b => b.innerText.startsWith('Go on')).click(); return 1")
        .await;
    w.until("document.querySelector('[role=status]') === null && document.querySelector('[data-turn=done]') !== null")
        .await;
    // What came is grounded with what stood there.
    w.until("[...document.querySelectorAll('.answer .cm-line')].every(l => l.innerText.trim() === '' || l.querySelector('.cm-said'))")
        .await;
    let turn = w.last_turn().await;
    let lines = turn["lines"].as_array().unwrap();
    // What is told of another source stands behind an empty line, which claims nothing.
    assert!(
        lines.len() > came && lines.iter().all(|l| l[0] == "" || l[1] == "● verbatim"),
        "{turn:#}"
    );
    w.press(",", &["ctrl"]).await;
    w.find("[role=dialog]", 10).await.unwrap();
    w.still().await;
    clean(&w, "settings of a tenant on AWS").await;
    w.screenshot(&pictures().join("settings-aws.png")).await.unwrap();
    w.close().await;
}

/// Clicks the button whose words begin so.
async fn click(w: &Window, within: &str, words: &str) {
    let found = format!(
        "[...document.querySelectorAll('{within} button')].find(b => b.innerText.includes('{words}') && !b.disabled)"
    );
    w.until(&found).await;
    w.run(&format!("{found}.click(); return 1")).await;
}

async fn answered_by(w: &Window, question: &str, who: &str) {
    w.ask(question).await.unwrap();
    let turn = w.last_turn().await;
    assert!(turn["text"].as_str().unwrap().contains(who), "{question}: {turn:#}");
}

/// A day in one process: whatever was given for it stands in no file, in nothing that was printed, and in
/// nothing that the program still holds open.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_day_leaves_no_secret_behind() {
    const BY_MODEL: &str = "answered by stand-in";
    const BY_SOURCES: &str = "answered in the sources’ own words";
    let dir = tempfile::tempdir().unwrap();
    let s = StandIns::start(true).await;
    s.write(dir.path(), &programs().join("stand-ins")).unwrap();
    let keyring = Session::start(dir.path(), true);
    let home = dir.path().join("mortar");
    let tenants = home.join("tenants");
    for (tenant, generation) in [("pharmacy", "messages"), ("clinic", "tgi")] {
        std::fs::create_dir_all(tenants.join(tenant)).unwrap();
        let file = tenants.join(tenant).join("tenant.toml");
        std::fs::write(file, s.tenant(tenant, "tei", generation)).unwrap();
    }
    let printed = dir.path().join("printed");
    let w = Window::open(&Options {
        environment: &[
            ("DBUS_SESSION_BUS_ADDRESS", keyring.bus.clone()),
            ("BROWSER", dir.path().join("browser").to_string_lossy().into_owned()),
            ("HOME", dir.path().to_string_lossy().into_owned()),
        ],
        printed: Some(&printed),
        ..Options::new(&home)
    })
    .await
    .unwrap();
    let pid = w.pids();
    assert_eq!(pid.len(), 1);
    // It does print there, so that what is not found there was not printed.
    let output = std::fs::read_link(format!("/proc/{}/fd/2", pid[0])).unwrap();
    assert_eq!(output, printed);
    // The clinic has the same knowledge, in its own folder.
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([tenants.join("pharmacy/release"), tenants.join("clinic/release")])
        .status();
    assert!(copied.unwrap().success());

    // Morning: a sign-in that fails, one that does not, an answer edited and labelled.
    s.faults.set("token", Fault::Denied, 1);
    click(&w, "footer", "Sign in").await;
    w.until("document.querySelector('[aria-live=assertive]').textContent.includes('refuses')")
        .await;
    click(&w, "footer", "Sign in").await;
    w.until("!document.querySelector('footer').innerText.includes('not signed in')")
        .await;
    answered_by(&w, "What does claim rejection code 75 mean?", BY_MODEL).await;
    w.type_into_answer(" It always takes 12 hours.").await.unwrap();
    w.until("document.body.innerText.includes('stands in none of the passages.')")
        .await;
    w.press("b", &["ctrl"]).await;
    w.find("[role=dialog]", 10).await.unwrap();
    for then in ["input[type=radio]').click()", "form').requestSubmit()"] {
        w.run(&format!("document.querySelector('[role=dialog] {then}; return 1"))
            .await;
    }
    let began = std::time::Instant::now();
    while s.store.keys(FEEDBACK).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "no label arrived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // What was given is taken no more, and what is given next has nearly run out: it is renewed. Faults on
    // every side.
    s.identity.end_access();
    s.identity.last(Lasts {
        access: Duration::from_secs(250),
        role: Duration::from_secs(250),
    });
    for (call, fault) in [
        ("embed", Fault::Expired),
        ("generate", Fault::Expired),
        ("embed", Fault::Denied),
        ("generate", Fault::Model),
        ("generate", Fault::Garbage),
        ("credentials", Fault::Server),
        ("token", Fault::Throttle),
        ("generate", Fault::Expired),
    ] {
        w.press("n", &["ctrl"]).await;
        s.faults.set(call, fault, 1);
        if matches!(call, "token" | "credentials") {
            // Only who renews comes by there.
            s.faults.set("embed", Fault::Expired, 1);
        }
        w.ask("How do I cancel an order?").await.unwrap();
        s.faults.clear("*");
    }
    let renewed = s.faults.count("token");
    assert!(renewed > 3, "{renewed} tokens: none was renewed");
    w.press("n", &["ctrl"]).await;
    s.faults.set("generate", Fault::Cut, 1);
    w.ask("A patient says the insulin arrived warm. What now?")
        .await
        .unwrap();
    click(&w, "[role=status]", "Go on").await;
    w.until("document.querySelector('[role=status]') === null").await;

    // Out, and in again; then the other tenant, in and out.
    w.press(",", &["ctrl"]).await;
    click(&w, "[role=dialog]", "Sign out").await;
    w.until("document.querySelector('[role=dialog]').innerText.includes('not signed in')")
        .await;
    assert_eq!(s.identity.live(), 0, "what was given is over at the service too");
    w.press("Escape", &[]).await;
    w.until("document.querySelector('[role=dialog]') === null").await;
    w.press("n", &["ctrl"]).await;
    answered_by(&w, "How long does a refund take?", BY_SOURCES).await;
    click(&w, "footer", "Sign in").await;
    w.until(&format!(
        "[...document.querySelectorAll('[data-turn=done]')].at(-1)?.innerText.includes('{BY_MODEL}')"
    ))
    .await;
    w.press(",", &["ctrl"]).await;
    w.find("[role=dialog]", 10).await.unwrap();
    w.run("[...document.querySelectorAll('[role=dialog] input[name=tenant]')].find(i => !i.checked).click(); return 1")
        .await;
    w.until("document.querySelector('footer')?.innerText.includes('Stand-in clinic')")
        .await;
    let seen = w
        .run("return document.querySelectorAll('nav button[title]').length")
        .await;
    assert_eq!(seen, 0, "the pharmacy's conversations are not the clinic's");
    answered_by(&w, "How long does a refund take?", BY_SOURCES).await;
    click(&w, "footer", "Sign in").await;
    w.until(&format!(
        "[...document.querySelectorAll('[data-turn=done]')].at(-1)?.innerText.includes('{BY_MODEL}')"
    ))
    .await;
    w.press(",", &["ctrl"]).await;
    click(&w, "[role=dialog]", "Sign out").await;
    w.until("document.querySelector('[role=dialog]').innerText.includes('not signed in')")
        .await;

    assert_eq!(w.pids(), pid, "it was one process all day");
    let given = s.identity.given();
    assert!(given.len() > 12, "{} secrets were given", given.len());
    let secrets = Secrets::new(&given);
    // What was printed lies under the same folder.
    assert!(printed.is_file());
    let under = secrets.under(dir.path());
    assert!(under.is_empty(), "{under:?}");
    let (looked, open) = secrets.open_in(pid[0]);
    assert!(looked > 10 && open.is_empty(), "{looked}: {open:?}");
    w.close().await;
}

/// A tenant whose knowledge comes from a store: fetched at the first start, switched while the operator
/// works, and what was withdrawn is said where it was cited.
#[tokio::test]
async fn a_release_is_fetched_and_switched_under_the_operators_hands() {
    let home = tempfile::tempdir().unwrap();
    let (store, keys) = (home.path().join("store"), home.path().join("keys"));
    let kb = |arguments: &[&str]| {
        let mut c = mortar_tests::words_only(home.path());
        c.args(["--json", "kb"]).args(arguments);
        c.arg("--store").arg(&store).arg("--keys").arg(&keys);
        mortar_tests::json(&mut c)
    };
    let publish = |rows: &str, notes: &str| {
        let file = home.path().join("faq.csv");
        std::fs::write(&file, format!("id,question,answer\n{rows}")).unwrap();
        kb(&[
            "publish",
            "--channel",
            "live",
            "--notes",
            notes,
            &file.to_string_lossy(),
        ])
    };
    kb(&["keys", "init"]);
    const SHIP: &str = "ship,How long does standard shipping take?,Standard shipping takes two business days.\n";
    const REFUND: &str = "refund,How long does a refund take?,A refund takes five business days.\n";
    publish(&format!("{SHIP}{REFUND}"), "The first one.");
    let tenant = home.path().join("tenants/pharmacy");
    std::fs::create_dir_all(&tenant).unwrap();
    let config = format!(
        "name = \"Pharmacy\"\n[knowledge]\nstore = {:?}\nroot = {:?}\n",
        store,
        keys.join("root.json")
    );
    std::fs::write(tenant.join("tenant.toml"), config).unwrap();

    let w = Window::open(&Options {
        weights: false,
        ..Options::new(home.path())
    })
    .await
    .unwrap();
    let bar = |words: &str| format!("[...document.querySelectorAll('footer')].at(-1).innerText.includes({words:?})");
    w.until(&bar("release 1 · live")).await;
    w.ask("How long does standard shipping take?").await.unwrap();
    assert_eq!(
        w.last_turn().await["lines"][0][0],
        "Standard shipping takes two business days."
    );

    // Nothing new, then a release without the document that was cited.
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Nothing new.')").await;
    clean(&w, "knowledge").await;
    w.press("Escape", &[]).await;
    publish(
        &format!("{REFUND}pets,Do we fill prescriptions for pets?,We fill them for dogs and cats.\n"),
        "Shipping moved.",
    );
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('Now on release 2')").await;
    w.screenshot(&pictures().join("knowledge-light.png")).await.unwrap();
    clean(&w, "knowledge switched").await;
    w.press("Escape", &[]).await;
    w.until(&bar("release 2 · live")).await;
    w.until("document.body.innerText.includes('Withdrawn since this answer')")
        .await;
    w.screenshot(&pictures().join("withdrawn-light.png")).await.unwrap();
    clean(&w, "withdrawn").await;
    w.press("n", &["ctrl"]).await;
    w.ask("Do we fill prescriptions for pets?").await.unwrap();

    // Somebody exchanges a file of the store: refused, said, and work goes on.
    publish(
        &format!("{REFUND}pets,Do we fill prescriptions for pets?,We fill none for pets.\n"),
        "",
    );
    for entry in std::fs::read_dir(store.join("segments")).unwrap().flatten() {
        let mut bytes = std::fs::read(entry.path()).unwrap();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        std::fs::write(entry.path(), bytes).unwrap();
    }
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('not what was signed')").await;
    w.screenshot(&pictures().join("refused-light.png")).await.unwrap();
    w.press("Escape", &[]).await;
    w.press("n", &["ctrl"]).await;
    w.ask("Do we fill prescriptions for pets?").await.unwrap();
    assert_eq!(w.last_turn().await["lines"][0][0], "We fill them for dogs and cats.");
    w.close().await;

    let w = Window::open(&Options {
        weights: false,
        size: (1024, 640),
        dark: true,
        ..Options::new(home.path())
    })
    .await
    .unwrap();
    w.press("u", &["ctrl"]).await;
    w.until("document.body.innerText.includes('not what was signed')").await;
    w.screenshot(&pictures().join("refused-dark.png")).await.unwrap();
    w.close().await;
}
