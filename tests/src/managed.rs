//! A manager's home: a store with a release that is live and one that is to be, the keys that sign it, and golden
//! questions.

use std::path::Path;

use crate::{json, words_only};

const LIVE: &str = "\
rej75,reject 75,What does reject 75 mean?,Code 75 means that the plan requires a prior authorization before it pays.
refund,,How much may an operator refund?,An operator may refund 50 dollars without asking. More needs a manager.
takes,,How long does a refund take?,A refund takes five business days. It goes to the card that was charged.
coupon,,How do I use a paper coupon?,Type the number of the coupon at the counter. It is good for one order.
hotel,,Can a controlled substance go to a hotel?,No. A controlled substance does not go to a hotel.
ship,,How long does standard shipping take?,Standard shipping takes two business days.
";

/// A code is lost, a number and a denial are other, one document is gone and one new, one is in other words.
const PREVIEW: &str = "\
refund,,How much may an operator refund?,An operator may refund 500 dollars without asking. More needs a manager.
takes,,How long does a refund take?,Refunds take five business days. They go to the card that was charged.
hotel,,Can a controlled substance go to a hotel?,Yes. A controlled substance does go to a hotel.
ship,,How long does standard shipping take?,Standard shipping takes two business days.
glp,,What is the GLP-1 starter programme?,The starter programme sends a smaller dose for the first four weeks.
";

const GOLDEN: &str = "\
[[question]]\nkind = \"code\"\nask = \"What does reject 75 mean?\"\ndocuments = [\"rej75\"]\n
[[question]]\nkind = \"plain\"\nask = \"How do I use a paper coupon?\"\ndocuments = [\"coupon\"]\n";

/// Publishes both and writes the configuration; the weights are not needed.
pub fn managed(home: &Path) {
    let (store, keys) = (home.join("store"), home.join("keys"));
    let tenant = home.join("tenants/pharmacy");
    let written = |path: &Path, text: &str| std::fs::write(path, text).expect("the folder is ours");
    let kb = |arguments: &[&str]| {
        let mut c = words_only(home);
        c.args(["--json", "kb"]).args(arguments);
        json(c.arg("--store").arg(&store).arg("--keys").arg(&keys))
    };
    kb(&["keys", "init"]);
    for (channel, rows, notes) in [("live", LIVE, "Refund limits"), ("preview", PREVIEW, "Autumn benefits")] {
        let file = home.join("faq.csv");
        written(&file, &format!("id,codes,question,answer\n{rows}"));
        kb(&[
            "publish",
            "--channel",
            channel,
            "--notes",
            notes,
            &file.to_string_lossy(),
        ]);
    }
    std::fs::create_dir_all(&tenant).expect("the folder is ours");
    let root = keys.join("root.json");
    written(
        &tenant.join("tenant.toml"),
        &format!(
            "name = \"Pharmacy\"\n[policy]\nreviewers = 1\n[knowledge]\nstore = {store:?}\nroot = {root:?}\nkeys = {keys:?}\n\
             golden = [\"golden.toml\"]\nreviewer = \"Anna\"\n"
        ),
    );
    written(&tenant.join("golden.toml"), GOLDEN);
}
