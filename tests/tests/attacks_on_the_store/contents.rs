//! What the signed files lead to, and what they say, by who has the keys: bombs, lies, numbers that cannot be.

use mortar_desk::store::StoreError;
use serde_json::Value;

use crate::scene::scene;

#[tokio::test]
async fn missing_and_swapped_segments() {
    let s = scene().await;
    let new = s.new_segments();
    let gone = new[0].clone();
    s.shelf
        .lies(move |k, _| (k == gone).then(|| Err(StoreError::NotFound(k.to_owned()))));
    assert!(s.refused("store").await.contains("is not in the store"));
    let held = s.shelf.held();
    let (one, other) = (new[0].clone(), held[&new[1]].clone());
    s.shelf.lies(move |k, _| (k == one).then(|| Ok(other.clone())));
    // Of another length or of another hash: neither is taken.
    let e = s.sync().await.unwrap_err();
    assert!(["damaged", "store"].contains(&e.code()), "{e}");
    s.untouched();
    s.shelf.honest();
    s.well_again().await;
}

#[tokio::test]
async fn a_zstd_bomb() {
    let s = scene().await;
    let bomb = zstd::encode_all(std::io::repeat(b'x').take_all(300 << 20), 3).unwrap();
    assert!(bomb.len() < 1 << 20);
    s.sign_exchanged("documents", &bomb, None).await;
    let before = memory();
    assert!(s.refused("damaged").await.contains("unpacks to more"));
    assert!(memory() < before + (64 << 20), "memory is bounded");
}

#[tokio::test]
async fn a_safetensors_header_that_lies() {
    let s = scene().await;
    let honest = {
        let m = s.manifest().await;
        s.shelf.held()[&m.segments.last().unwrap().vectors[0].object.key()].clone()
    };
    let header = u64::from_le_bytes(honest[..8].try_into().unwrap()) as usize;
    let with_header = |text: String| {
        let mut out = (text.len() as u64).to_le_bytes().to_vec();
        out.extend(text.into_bytes());
        out.extend_from_slice(&honest[8 + header..]);
        out
    };
    let text = String::from_utf8(honest[8..8 + header].to_vec()).unwrap();
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let mut far = parsed.clone();
    far["passages"]["data_offsets"] = serde_json::json!([0, 1u64 << 40]);
    let mut shape = parsed.clone();
    shape["passages"]["shape"] = serde_json::json!([1u64 << 40, 1u64 << 40]);
    let mut other = parsed.clone();
    other["__metadata__"]["model"] = "another".into();
    let mut nan = honest.clone();
    let at = nan.len() - 4;
    nan[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut long = honest.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for (n, bytes) in [
        with_header(far.to_string()),
        with_header(shape.to_string()),
        with_header(other.to_string()),
        with_header("{}".into()),
        nan,
        long,
        vec![],
        vec![0; 7],
    ]
    .into_iter()
    .enumerate()
    {
        s.sign_exchanged("vectors", &bytes, Some(bytes.len() as u64)).await;
        let e = s.sync().await.expect_err("it lies");
        assert_eq!(e.code(), "damaged", "{n}: {e}");
        s.untouched();
    }
}

#[tokio::test]
async fn a_manifest_of_a_million_entries() {
    let s = scene().await;
    let mut manifest = s.manifest().await;
    manifest.number = 3;
    let segment = manifest.segments[0].clone();
    manifest.segments = vec![segment; 5000];
    s.sign_release(3, serde_json::to_vec(&manifest).unwrap()).await;
    assert!(s.refused("manifest").await.contains("more than 4096 segments"));
    let mut text = serde_json::to_string(&s.manifest().await).unwrap();
    text.truncate(text.len() - 1);
    text.push_str(",\"x\":[");
    text.push_str(&"1,".repeat(3_000_000));
    text.push_str("1]}");
    s.sign_release(4, text.into_bytes()).await;
    s.refused("too_large").await;
}

#[tokio::test]
async fn what_is_unsound_in_a_manifest_is_named() {
    let s = scene().await;
    let sound = serde_json::to_value(s.manifest().await).unwrap();
    let cases: [(&str, Value, &str); 8] = [
        ("/format", 2.into(), "update Mortar"),
        (
            "/language",
            (mortar_desk::store::manifest::LANGUAGE + 1).into(),
            "update Mortar",
        ),
        ("/number", 9.into(), "it says that it is release 9"),
        ("/base", 0.into(), "its base is to be 0 of its"),
        (
            "/segments/0/documents/sha256",
            "../../../etc/passwd".into(),
            "a hash in it is none",
        ),
        (
            "/segments/0/documents/bytes",
            (1u64 << 50).into(),
            "a file of it is larger",
        ),
        ("/embeddings/0/dimensions", 0.into(), "impossible dimensions"),
        ("/release", "../x".into(), "not made of letters and digits"),
    ];
    for (number, (at, value, said)) in (3..).zip(cases) {
        let mut manifest = sound.clone();
        manifest["number"] = number.into();
        *manifest.pointer_mut(at).unwrap() = value;
        s.sign_release(number, manifest.to_string().into_bytes()).await;
        let message = s.refused("manifest").await;
        assert!(message.contains(said), "{at}: {message}");
    }
}

trait TakeAll {
    fn take_all(self, n: u64) -> std::io::Take<std::io::Repeat>;
}

impl TakeAll for std::io::Repeat {
    fn take_all(self, n: u64) -> std::io::Take<std::io::Repeat> {
        std::io::Read::take(self, n)
    }
}

/// The most memory that this process ever held.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok())
        .unwrap_or(0)
        << 10
}
