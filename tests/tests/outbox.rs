//! Every label arrives once, byte for byte as it was made, whatever is killed and whatever fails; what is kept is sealed;
//! the audit is whole after all of it, and tampering with it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mortar_desk::feedback::Feedback;
use mortar_tests::keyring::Session;
use mortar_tests::leaks::Secrets;
use mortar_tests::stand_ins::{FEEDBACK, Fault, StandIns};
use mortar_tests::{json, programs, refused, run, words_only};
use serde_json::Value;
use sha2::{Digest, Sha256};

const TYPED: &str = "Rosalinde Quisenberry 123-45-6789";

/// A device with a keyring, signed in to stand-ins.
struct Device {
    dir: tempfile::TempDir,
    stand_ins: StandIns,
    keyring: Session,
    tenant: PathBuf,
}

impl Device {
    async fn new() -> Device {
        let dir = tempfile::tempdir().unwrap();
        let stand_ins = StandIns::start(true).await;
        let tenant = stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
        let keyring = Session::start(dir.path(), true);
        let device = Device {
            dir,
            stand_ins,
            keyring,
            tenant,
        };
        let out = run(&mut device.mortar(&["login"]));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        device
    }

    fn within(&self, mut c: Command) -> Command {
        c.envs(self.keyring.environment(self.dir.path()))
            .env("HOME", self.dir.path());
        c
    }

    fn mortar(&self, arguments: &[&str]) -> Command {
        let mut c = self.within(words_only(self.dir.path()));
        c.args(arguments).arg("--tenant-file").arg(&self.tenant);
        c
    }

    fn records(&self) -> PathBuf {
        self.dir.path().join("tenants/pharmacy/records")
    }

    fn labeller(&self, count: usize) -> Command {
        let mut c = self.within(Command::new(programs().join("labeller")));
        c.arg(self.records()).args(["pharmacy", &count.to_string(), TYPED]);
        c
    }

    /// The ids of labels that were made, until it is done or killed.
    fn label(&self, count: usize, killed_after: Option<Duration>) -> Vec<String> {
        let mut child = self
            .labeller(count)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if let Some(after) = killed_after {
            std::thread::sleep(after);
            let _ = child.kill();
        }
        let out = child.wait_with_output().unwrap();
        assert!(
            out.status.success() || killed_after.is_some(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        let told = String::from_utf8(out.stdout).unwrap();
        told.lines().filter(|l| l.len() == 26).map(str::to_owned).collect()
    }

    /// What stands in the bucket: each label's id with the body of its one object.
    fn arrived(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        let store = &self.stand_ins.store;
        for key in store
            .keys(FEEDBACK)
            .into_iter()
            .filter(|k| k.starts_with("labels/tenant="))
        {
            assert_eq!(store.versions(FEEDBACK, &key), 1, "{key} was written twice");
            let body = store.body(FEEDBACK, &key).unwrap();
            let hash: String = Sha256::digest(&body)
                .iter()
                .take(8)
                .map(|b| format!("{b:02x}"))
                .collect();
            let name = key.rsplit('/').next().unwrap();
            let (id, named) = name.strip_suffix(".json").unwrap().split_once('-').unwrap();
            assert_eq!(hash, named, "{key} is not what was made");
            assert_eq!(Feedback::from_bytes(&body).unwrap().id, id);
            assert!(
                all.insert(id.to_owned(), body).is_none(),
                "two objects of the label {id}"
            );
        }
        all
    }

    fn verify(&self) -> Value {
        json(&mut self.mortar(&["audit", "verify", "--json"]))
    }
}

/// As many as are asked for by MORTAR_LABELS; the figures of ten thousand are in docs/MEASURED.md.
fn labels() -> usize {
    std::env::var("MORTAR_LABELS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(600)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_label_arrives_once_whatever_is_killed_and_whatever_fails() {
    let device = Device::new().await;
    let (rounds, all) = (20, labels());
    let faults = [
        Fault::Throttle,
        Fault::Server,
        Fault::Cut,
        Fault::Conflict,
        Fault::WrongChecksum,
        Fault::Denied,
        Fault::ClockSkew,
    ];
    let mut told = BTreeSet::new();
    let mut killed = 0;
    // How long one takes that nobody kills, on this machine: kills fall all over that.
    told.extend(device.label(3, None));
    let began = Instant::now();
    run(&mut device.mortar(&["outbox", "retry"]));
    let whole = began.elapsed();
    for round in 0..rounds {
        // Killed while it labels, and while it sends.
        let after = (round % 3 == 1).then(|| Duration::from_millis(40 + 37 * round % 400));
        told.extend(device.label(all / rounds as usize, after));
        for n in 0..6u64 {
            let fault = faults[((round * 5 + n * 3) % 7) as usize];
            device.stand_ins.faults.set("put", fault, 1 + (n % 2) as usize);
        }
        let mut sending = device.mortar(&["outbox", "retry"]);
        let mut child = sending.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64((7 * round % 20) as f64 / 20.0));
        killed += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(
            device.verify()["broken"],
            Value::Null,
            "no false alarm after kill {round}"
        );
    }
    assert!(killed > 5, "only {killed} were killed while they sent");
    device.stand_ins.faults.clear("*");
    for _ in 0..50 {
        if run(&mut device.mortar(&["outbox", "retry"])).status.success() {
            break;
        }
    }
    let left = json(&mut device.mortar(&["outbox", "list", "--json"]));
    assert_eq!(left.as_array().unwrap().len(), 0, "{left:#}");
    let arrived = device.arrived();
    assert!(
        told.len() > all / 2 && told.iter().all(|id| arrived.contains_key(id)),
        "one that was told is missing"
    );
    // One that was killed between keeping and telling is one more, and was not asked for twice.
    assert!(
        arrived.len() - told.len() <= rounds as usize,
        "{} of {}",
        arrived.len(),
        told.len()
    );
    println!(
        "{} labels, {killed} senders killed, {} objects",
        told.len(),
        arrived.len()
    );

    // Nothing that was typed lies anywhere in the clear, nor left the device.
    let given = BTreeSet::from([TYPED.to_owned(), "Rosalinde Quisenberry".into(), "123-45-6789".into()]);
    let secrets = Secrets::new(&given);
    assert_eq!(secrets.under(device.dir.path()), [] as [PathBuf; 0]);
    assert!(arrived.values().all(|body| !secrets.stand_in(body)));
    #[cfg(unix)]
    owners_alone(&device.dir.path().join("tenants/pharmacy"));
}

#[cfg(unix)]
fn owners_alone(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir), 0o700, "{}", dir.display());
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.path().is_dir() {
            true => owners_alone(&entry.path()),
            false => assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_given_up_looked_at_and_sent_again_and_holds_up_nobody() {
    let device = Device::new().await;
    device.label(5, None);
    // Two in succession fail: the others go on.
    device.stand_ins.faults.set("put", Fault::Denied, 2);
    let out = run(&mut device.mortar(&["outbox", "retry", "--json"]));
    assert_eq!(out.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(
        (told["delivered"].as_u64(), told["failed"].as_u64()),
        (Some(3), Some(2)),
        "{told:#}"
    );
    assert!(
        told["labels"]["because"].as_str().unwrap().contains("Ask IT"),
        "{told:#}"
    );
    for _ in 0..7 {
        device.stand_ins.faults.set("put", Fault::Denied, 2);
        assert_eq!(run(&mut device.mortar(&["outbox", "list"])).status.code(), Some(0));
        run(&mut device.mortar(&["outbox", "retry"]));
    }
    let dead = json(&mut device.mortar(&["outbox", "list", "--json"]));
    let states: Vec<&str> = dead
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["dead", "dead"], "{dead:#}");
    let id = dead[0]["id"].as_str().unwrap();
    let sent = json(&mut device.mortar(&["outbox", "show", id, "--json"]));
    assert_eq!(sent["label"]["note"], "[NAME 1]");
    // Another label's text in its place is refused, its own is taken.
    let file = device.dir.path().join("mended.json");
    let mut mended = sent.clone();
    mended["id"] = "01KB1234567890123456789012".into();
    fs::write(&file, mended.to_string()).unwrap();
    let mend = ["outbox", "mend", id, file.to_str().unwrap()];
    let said = refused(&mut device.mortar(&mend), 1);
    assert!(said.contains("of another label"), "{said}");
    mended = sent.clone();
    mended["label"]["note"] = "Mended, for 123-45-6789.".into();
    fs::write(&file, mended.to_string()).unwrap();
    assert!(run(&mut device.mortar(&mend)).status.success());
    let arrived = device.arrived();
    assert_eq!(arrived.len(), 5);
    let note = Feedback::from_bytes(&arrived[id]).unwrap().label.note;
    assert!(note.starts_with("Mended") && !note.contains("123-45-6789"), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_the_audit_is_named_also_where_an_older_copy_is_put_back() {
    let device = Device::new().await;
    device.label(3, None);
    assert!(run(&mut device.mortar(&["outbox", "retry"])).status.success());
    let copy = device.dir.path().join("copy.mdb");
    fs::copy(device.records().join("data.mdb"), &copy).unwrap();
    device.label(3, None);
    assert!(run(&mut device.mortar(&["outbox", "retry"])).status.success());
    // Heads as the bucket has them.
    let heads = device.dir.path().join("heads");
    fs::create_dir(&heads).unwrap();
    for (n, key) in device.stand_ins.store.keys(FEEDBACK).iter().enumerate() {
        if key.contains("audit/") {
            let body = device.stand_ins.store.body(FEEDBACK, key).unwrap();
            fs::write(heads.join(format!("{n}.json")), body).unwrap();
        }
    }
    let held = ["audit", "verify", "--json", "--heads", heads.to_str().unwrap()];
    let whole = json(&mut device.mortar(&held));
    assert_eq!(
        (whole["broken"].clone(), whole["heads"].clone()),
        (Value::Null, 2.into()),
        "{whole:#}"
    );
    let records = whole["records"].as_u64().unwrap();
    let exported = json(&mut device.mortar(&["audit", "export", "--json"]));
    assert_eq!(exported.as_array().unwrap().len() as u64, records);
    assert!(exported.to_string().contains("\"labelled\"") && !exported.to_string().contains("Rosalinde"));
    fs::copy(&copy, device.records().join("data.mdb")).unwrap();
    for arguments in [&held[..], &held[..3]] {
        let out = run(&mut device.mortar(arguments));
        assert_eq!(out.status.code(), Some(1), "{arguments:?}");
        let found: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(
            (&found["broken"]["fault"], &found["broken"]["seen"]),
            (&"cut".into(), &records.into()),
            "{found:#}"
        );
    }
    // A head that somebody else signed.
    let file = fs::read_dir(&heads).unwrap().flatten().next().unwrap().path();
    let mut forged: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    forged["at"] = 1.into();
    fs::write(&file, forged.to_string()).unwrap();
    assert_eq!(run(&mut device.mortar(&held)).status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_and_a_locked_keyring_are_said_and_a_wipe_begins_anew() {
    let mut device = Device::new().await;
    device.label(4, None);
    let before = fs::read(device.records().join("data.mdb")).unwrap();
    let keyrings = device.dir.path().join(".local/share/keyrings");
    let (kept, lost) = (device.dir.path().join("kept"), device.dir.path().join("lost"));
    drop(std::mem::replace(
        &mut device.keyring,
        Session::start(device.dir.path(), false),
    ));
    let said = refused(&mut device.mortar(&["outbox", "list"]), 1);
    assert!(said.contains("locked") && said.contains("Unlock it"), "{said}");
    // A keyring that was made anew.
    fs::rename(&keyrings, &kept).unwrap();
    drop(std::mem::replace(
        &mut device.keyring,
        Session::start(device.dir.path(), true),
    ));
    for _ in 0..2 {
        let said = refused(&mut device.mortar(&["outbox", "list"]), 1);
        assert!(
            said.contains("no longer has the key") && said.contains("4 labels"),
            "{said}"
        );
    }
    assert!(
        fs::read(device.records().join("data.mdb")).unwrap() == before,
        "what was kept stays as it is"
    );
    // It came back.
    fs::rename(&keyrings, &lost).unwrap();
    fs::rename(&kept, &keyrings).unwrap();
    drop(std::mem::replace(
        &mut device.keyring,
        Session::start(device.dir.path(), true),
    ));
    let waits = json(&mut device.mortar(&["outbox", "list", "--json"]));
    assert_eq!(waits.as_array().unwrap().len(), 4);
    assert!(refused(&mut device.mortar(&["wipe"]), 2).contains("--yes"));
    let wiped = json(&mut device.mortar(&["wipe", "--yes", "--json"]));
    assert_eq!(wiped["labels_not_sent"], 4);
    assert_eq!(
        json(&mut device.mortar(&["outbox", "list", "--json"]))
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let exported = json(&mut device.mortar(&["audit", "export", "--json"]));
    let acts = exported.as_array().unwrap();
    assert_eq!(acts.last().unwrap()["record"]["act"], "wiped");
    assert!(acts.len() > 4, "what happened before is still told");
    assert_eq!(device.verify()["broken"], Value::Null);
}
