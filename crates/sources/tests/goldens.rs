//! The passages of the sample's documents, written down: a release stores them, so that a change here that is wanted
//! raises the version of the language.

use std::fmt::Write;
use std::path::Path;

#[test]
fn the_sample_is_cut_alike() {
    let sops = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/pharmacy/sops");
    let files = ["sop-06.md", "sop-12.md", "sop-14.md"].map(|name| {
        let bytes = std::fs::read(sops.join(name))?;
        Ok::<_, std::io::Error>((name.to_owned(), bytes))
    });
    let imported = mortar_sources::import_files(files).unwrap();
    let mut out = String::new();
    for d in &imported.documents {
        writeln!(out, "{} {:?} version {}", d.id, d.title, d.version).unwrap();
        for p in mortar_sources::passages(d) {
            let words = &d.body[p.range.clone()];
            writeln!(out, "  {:?} {:?} {words:?}", p.heading_path, p.range).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}
