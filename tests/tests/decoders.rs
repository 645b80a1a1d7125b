//! Bytes from outside, changed at random: every reader of them gives what it can or refuses, and never fails.
//!
//! Each of the readers has seconds here; `cargo xtask fuzz MINUTES` gives them more. A failure is shown as the fewest
//! changes that bring it about.

use std::io::{Cursor, Read, Write};
use std::panic::RefUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mortar_aws::contracts::{EmbeddingContract, GenerationContract, RerankingContract, StreamReader};
use mortar_desk::TenantConfig;
use mortar_desk::sources::{Finding, Mapping, Source, import_files, import_sources, passages};
use mortar_desk::store::manifest::{Channel, ReleaseManifest};
use mortar_desk::store::memory::Memory;
use mortar_desk::store::segment::Object;
use mortar_desk::store::{decode, trust};
use mortar_extract::Child;
use mortar_local::Folder;
use zip::ZipArchive;

/// One change: where, how, and with which byte.
type Change = (u32, u8, u8);

const ON_AWS: &str = r#"
name = "Clinic"
links = ["clinic.example"]
[policy]
[knowledge]
channel = "live"
check_minutes = 15
[aws]
region = "us-east-1"
invocations_a_question = 4
sso = { start_url = "https://d-1.awsapps.com/start", account = "111122223333", role = "Operator" }
knowledge = { bucket = "knowledge", prefix = "clinic/", owner = "111122223333", kms_key = "alias/k" }
feedback = { bucket = "feedback" }
[aws.endpoints]
s3 = "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"
[aws.embedding]
endpoint = "minilm"
contract = "tei"
model = "all-MiniLM-L6-v2"
dimensions = 384
[aws.reranking]
endpoint = "reranker"
contract = "tei-rerank"
model = "bge"
[aws.generation]
endpoint = "llama"
contract = "messages"
model = "llama"
"#;

/// Larger files of the fixtures are no better seeds.
const LARGEST: usize = 40 << 10;

fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for &(at, how, byte) in changes {
        if out.is_empty() {
            return out;
        }
        let at = at as usize % out.len();
        match how % 6 {
            0 => out[at] = byte,
            1 => out[at] ^= 1 << (byte % 8),
            2 => out.insert(at, byte),
            3 => drop(out.remove(at)),
            4 => {
                let piece = out[at..(at + usize::from(byte)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            _ => out.truncate(at),
        }
    }
    out
}

/// How long all seeds of one reader are tried together.
fn budget() -> Duration {
    let minutes = std::env::var("MORTAR_FUZZ_MINUTES").ok().map(|m| m.parse::<u64>());
    minutes.map_or(Duration::from_secs(6), |m| {
        Duration::from_secs(60 * m.expect("minutes"))
    })
}

/// Gives a reader changed seeds, each its share of the time.
fn fuzz(seeds: &[(String, impl AsRef<[u8]> + RefUnwindSafe)], read: impl Fn(&str, &[u8]) + RefUnwindSafe) {
    assert!(!seeds.is_empty());
    let share = budget() / u32::try_from(seeds.len()).unwrap();
    for (name, seed) in seeds {
        read(name, seed.as_ref());
        bolero::check!()
            .with_type::<Vec<Change>>()
            .with_max_len(64)
            .with_test_time(share)
            .for_each(|changes| read(name, &changed(seed.as_ref(), changes)));
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn seeds(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if wanted(&path) {
                let bytes = std::fs::read(&path).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                out.push((name, bytes));
            }
        }
    }
    out.retain(|(_, bytes)| bytes.len() <= LARGEST);
    out.sort();
    out
}

/// The same file of zipped parts without compression: then changes reach what is in it.
fn stored(zipped: &[u8]) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(zipped)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for i in 0..from.len() {
        let mut part = from.by_index(i).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        to.start_file(part.name().unwrap().into_owned(), options).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// No case is of this format: some lines of the sample are.
fn lines() -> Vec<(String, Vec<u8>)> {
    let lines = include_str!("../../samples/pharmacy/insurance.jsonl").lines().take(3);
    vec![(
        "insurance.jsonl".to_owned(),
        lines.collect::<Vec<_>>().join("\n").into_bytes(),
    )]
}

/// The files of the cases, some of each format: every one has faults of its kind already.
#[test]
fn sources() {
    for format in ["csv", "tsv", "xls", "xlsx", "ods", "json", "jsonl", "md", "html", "xml"] {
        let of_format = |p: &Path| p.extension().is_some_and(|e| e == format);
        let files = seeds(&fixtures().join("cases"), &of_format);
        let files = if format == "jsonl" { lines() } else { files };
        let step = files.len().div_ceil(8).max(1);
        let mut some: Vec<_> = files.into_iter().step_by(step).collect();
        if matches!(format, "xlsx" | "ods") {
            let unpacked: Vec<_> = some.iter().map(|(name, bytes)| (name.clone(), stored(bytes))).collect();
            some.extend(unpacked);
        }
        fuzz(&some, |name, bytes| {
            let file = Ok::<_, std::convert::Infallible>((name.to_owned(), bytes.to_vec()));
            let got = import_files([file]).unwrap();
            let failed = |f: &&Finding| f.reason.contains("the reader fails on it");
            assert_eq!(got.findings.iter().find(failed), None);
            for document in &got.documents {
                assert!(!passages(document).is_empty());
            }
        });
    }
}

/// What a process of its own reads: whatever becomes of that, the import goes on and says of which file.
#[test]
fn office_and_pdf() {
    let child = Child::beside(std::env::current_exe().ok().as_deref());
    for format in ["docx", "pptx", "odt", "rtf", "pdf"] {
        let mut some = seeds(&fixtures().join("cases"), &|p| {
            p.extension().is_some_and(|e| e == format)
        });
        if !matches!(format, "rtf" | "pdf") {
            let whole: Vec<_> = some
                .iter()
                .filter(|(_, bytes)| ZipArchive::new(Cursor::new(bytes)).is_ok())
                .collect();
            let unpacked: Vec<_> = whole
                .into_iter()
                .map(|(name, bytes)| (name.clone(), stored(bytes)))
                .collect();
            some.extend(unpacked);
        }
        fuzz(&some, |name, bytes| {
            let source = Source {
                name: name.to_owned(),
                bytes: bytes.to_vec(),
                mapping: Mapping::none(),
            };
            let got = import_sources([Ok::<_, std::convert::Infallible>(source)], &child).unwrap();
            assert!(
                got.documents.len() + got.findings.len() > 0,
                "{name}: nothing is said of it"
            );
            let failed = |f: &&Finding| f.reason.contains("the reader fails on it (") || f.file != name;
            assert_eq!(got.findings.iter().find(failed), None);
        });
    }
}

#[test]
fn signed_metadata_and_manifests() {
    let store = fixtures().join("store-1");
    let roots = seeds(&store.join("metadata"), &|p| p.ends_with("1.root.json"));
    fuzz(&roots, |_, bytes| drop(trust::check_root(bytes)));
    let targets = |kind: &'static str| seeds(&store.join("targets"), &move |p| p.to_string_lossy().contains(kind));
    fuzz(&targets("release-"), |name, bytes| {
        let number = name
            .trim_end_matches(".json")
            .rsplit('-')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        drop(ReleaseManifest::read(number, bytes));
    });
    fuzz(&targets("channel-"), |_, bytes| drop(Channel::read("live", bytes)));
}

/// Both as they lie in the store, packed, and with what is in them changed.
#[test]
fn segments() {
    let store = fixtures().join("store-1");
    let manifest = seeds(&store.join("targets"), &|p| {
        p.to_string_lossy().ends_with("release-2.json")
    });
    let manifest = ReleaseManifest::read(2, &manifest[0].1).unwrap();
    let models = manifest.all_models();
    let packed = |object: &Object| std::fs::read(store.join("segments").join(&object.sha256));
    for segment in &manifest.segments {
        decode(segment, &models, &packed).unwrap();
        let names: Vec<String> = models.iter().map(|m| m.0.clone()).collect();
        let objects: Vec<(String, Vec<u8>)> = segment
            .objects(&names)
            .map(|o| (o.sha256.clone(), packed(o).unwrap()))
            .collect();
        fuzz(&objects, |sha256, bytes| {
            let read = |o: &Object| {
                if o.sha256 == sha256 {
                    Ok(bytes.to_vec())
                } else {
                    packed(o)
                }
            };
            drop(decode(segment, &models, &read));
        });
        let texts: Vec<(String, Vec<u8>)> = objects
            .into_iter()
            .filter_map(|(sha256, bytes)| Some((sha256, zstd::decode_all(bytes.as_slice()).ok()?)))
            .collect();
        fuzz(&texts, |sha256, text| {
            let mut segment = segment.clone();
            let of_it = [
                Some(&mut segment.documents),
                Some(&mut segment.passages),
                segment.withdrawn.as_mut(),
            ];
            for object in of_it.into_iter().flatten().filter(|o| o.sha256 == sha256) {
                object.unpacked = text.len() as u64;
            }
            let again = zstd::encode_all(text, 1).unwrap();
            let read = |o: &Object| {
                if o.sha256 == sha256 {
                    Ok(again.clone())
                } else {
                    packed(o)
                }
            };
            drop(decode(&segment, &models, &read));
        });
    }
}

#[test]
fn what_is_remembered_of_stores() {
    let dir = tempfile::tempdir().unwrap();
    let store = Folder::new(&fixtures().join("store-1"));
    let file = dir.path().join("trust.json");
    let seed = seeds(&fixtures(), &|p| p.ends_with("fixtures/trust-1.json"));
    fuzz(&seed, |_, bytes| {
        std::fs::write(&file, bytes).unwrap();
        let _ = Memory::new(file.clone(), &store).checked_at();
    });
}

#[test]
fn tenant_files() {
    let seeds = [
        ("sample", include_str!("../../samples/pharmacy/tenant.toml")),
        ("on AWS", ON_AWS),
    ];
    let seeds = seeds.map(|(name, text)| (name.to_owned(), text));
    for (name, text) in &seeds {
        toml::from_str::<TenantConfig>(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    fuzz(&seeds, |_, bytes| {
        drop(toml::from_str::<TenantConfig>(&String::from_utf8_lossy(bytes)))
    });
}

#[test]
fn what_models_send() {
    #[derive(serde::Deserialize)]
    struct Recorded {
        contract: serde_json::Value,
        response: serde_json::Value,
        #[serde(default)]
        stream: Vec<String>,
    }
    let recorded = [
        include_str!("../../crates/aws/fixtures/contracts.json"),
        include_str!("../../crates/aws/fixtures/reranking.json"),
    ];
    let recorded = recorded.map(|r| serde_json::from_str::<Vec<Recorded>>(r).unwrap());
    let mut bodies = Vec::new();
    for r in recorded.into_iter().flatten() {
        let contract = r.contract.to_string();
        bodies.push((contract.clone(), r.response.to_string().into_bytes()));
        bodies.push((contract, r.stream.join("\n").into_bytes()));
    }
    fuzz(&bodies, |contract, bytes| {
        if let Ok(c) = serde_json::from_str::<EmbeddingContract>(contract) {
            drop(c.vectors(bytes, 2));
        }
        if let Ok(c) = serde_json::from_str::<RerankingContract>(contract) {
            drop(c.scores(bytes, 2));
        }
        if let Ok(c) = serde_json::from_str::<GenerationContract>(contract) {
            drop(c.whole(bytes));
            let mut reader = StreamReader::new(c);
            for piece in bytes.chunks(7) {
                if reader.push(piece).is_err() {
                    return;
                }
            }
            drop(reader.end());
        }
    });
}
