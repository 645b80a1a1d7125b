//! The figures as the tables of docs/MEASURED.md.

use serde_json::{Value, json};

fn n(v: &Value, places: usize) -> String {
    v.as_f64().map_or_else(|| "–".to_owned(), |x| format!("{x:.places$}"))
}

pub fn table(result: &Value) -> String {
    let mut out = format!(
        "Measured on {}, {}, {} threads; {} real vectors, the rest mixed from them.\n\n\
         | vectors | engine | recall@10 | p50 ms | p95 ms | × Mortar | build s | +1 % s | bytes a vector |\n|---|---|---|---|---|---|---|---|---|\n",
        result["day"].as_str().unwrap_or(""),
        result["machine"].as_str().unwrap_or(""),
        result["threads"],
        result["real_vectors"]
    );
    let rows: Vec<Value> = result["dense"].as_array().cloned().unwrap_or_default();
    for r in &rows {
        let own = rows
            .iter()
            .find(|o| o["engine"] == "mortar" && o["vectors"] == r["vectors"]);
        let ratio = own.and_then(|o| Some(r["p50_ms"].as_f64()? / o["p50_ms"].as_f64()?));
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            r["vectors"],
            r["engine"].as_str().unwrap_or(""),
            n(&r["recall"], 4),
            n(&r["p50_ms"], 3),
            n(&r["p95_ms"], 3),
            ratio.map_or_else(|| "–".into(), |x| format!("{x:.2}")),
            n(&r["build_s"], 1),
            n(&r["one_percent_s"], 2),
            n(&r["bytes_a_vector"], 0)
        );
    }
    out += "\n| passages | whole retrieval p50 ms | p95 ms | opening ms | +1 % of a full build | plain pipeline with embedding p50 ms |\n|---|---|---|---|---|---|\n";
    for w in result["whole"].as_array().into_iter().flatten() {
        out += &format!(
            "| {} | {} | {} | {} | {} % | {} |\n",
            w["passages"],
            n(&w["p50_ms"], 3),
            n(&w["p95_ms"], 3),
            n(&w["open_ms"], 1),
            w["one_percent_share"]
                .as_f64()
                .map_or(0.0, |x| (x * 1000.0).round() / 10.0),
            n(&w["plain_pipeline_p50_ms"], 2)
        );
    }
    let e = &result["embedding"];
    out += &format!(
        "\n| embedding | Mortar | Python onnxruntime | ratio |\n|---|---|---|---|\n| one query, p50 ms | {} | {} | {} |\n| many texts, ms a text | {} | {} in batches of 32, {} one by one | {} times the better rate |\n",
        n(&e["mortar_query_p50_ms"], 2),
        n(&e["peer_query_p50_ms"], 2),
        n(&e["query_ratio"], 2),
        n(&e["mortar_ms_a_text"], 2),
        n(&e["peer_ms_a_text_batch_32"], 2),
        n(&e["peer_ms_a_text_one_by_one"], 2),
        n(&e["rate_ratio"], 2)
    );
    let w = &result["window"];
    let ratio = w["start_p50_ms"]
        .as_f64()
        .zip(w["empty_page_p50_ms"].as_f64())
        .map_or_else(|| "–".into(), |(a, b)| format!("{:.2}", a / b));
    let (typing, memory) = (&w["typing"], &w["memory"]);
    out += &format!(
        "\n| the window | |\n|---|---|\n\
         | start until a question can be typed, p50 ms | {} |\n\
         | the same web view's browser on an empty page | {}, so {ratio} times |\n\
         | the very first start, which makes the sample | {} |\n\
         | Enter until passages are on the screen, p50 and p95 ms ({} questions) | {}, {} |\n\
         | frames over 32 ms while typing over {} documents | {} of {}; longest {} ms |\n\
         | the same at rest | {} of {}; longest {} ms |\n\
         | memory of all processes over {} minutes and {} questions, MB | {} at the start, {} in the second quarter, {} in the last |\n",
        n(&w["start_p50_ms"], 0),
        n(&w["empty_page_p50_ms"], 0),
        n(&w["first_start_ms"], 0),
        w["questions"],
        n(&w["enter_to_passages_p50_ms"], 0),
        n(&w["enter_to_passages_p95_ms"], 0),
        typing["documents"],
        typing["over_32_ms"],
        typing["frames"],
        n(&typing["longest_ms"], 0),
        typing["at_rest"]["over_32_ms"],
        typing["at_rest"]["frames"],
        n(&typing["at_rest"]["longest_ms"], 0),
        memory["minutes"],
        memory["questions"],
        n(&memory["start_mb"], 0),
        n(&memory["second_quarter_mb"], 0),
        n(&memory["last_quarter_mb"], 0),
    );
    out + &overhead(&result["overhead"]) + &sync(&result["sync"])
}

/// A device that follows a store, beside `aws s3 sync`.
pub fn sync(s: &Value) -> String {
    let mb = |v: &Value| n(&json!(v.as_f64().unwrap_or(0.0) / 1e6), 2);
    let times = |a: &Value, b: &Value| n(&json!(a.as_f64().unwrap_or(0.0) / b.as_f64().unwrap_or(1.0)), 2);
    format!(
        "\n| {} documents ({}), {} passages, S3 stand-in | first | 1 % changed |\n|---|---|---|\n\
         | published, s | {} | {} |\n\
         | uploaded, MB | {} | {} |\n\
         | fetched, MB (and metadata) | {} | {} ({}) in {} requests |\n\
         | fetched beside what was uploaded | | {} |\n\
         | synced, s | {} | {} |\n\
         | of these, the new state made and looked at, s | {} | {} |\n\
         | that beside the device's own build of all, which embeds nothing | 1 | {} |\n\
         | that beside a full build, which embeds ({} texts at {} ms) | | {} |\n\
         | `aws s3 sync` of the same store, s | {} | {} |\n\
         | Mortar beside it, index and all | {} | {} |\n\
         | searches: p50, p95 ms, errors | at rest {}, {}, {} | during the sync {}, {}, {} |\n",
        s["documents"],
        s["corpus"].as_str().unwrap_or(""),
        s["passages"],
        n(&s["publish_s"], 1),
        n(&s["one_percent_publish_s"], 2),
        mb(&s["publish_bytes"]),
        mb(&s["one_percent_uploaded_bytes"]),
        mb(&s["first_bytes"]),
        mb(&s["one_percent_bytes"]),
        mb(&s["one_percent_metadata_bytes"]),
        s["one_percent_requests"],
        n(&s["wire_of_changed"], 3),
        n(&s["first_s"], 2),
        n(&s["one_percent_s"], 2),
        n(&s["first_build_s"], 2),
        n(&s["one_percent_build_s"], 3),
        n(&s["apply_of_full_build"], 3),
        s["texts"],
        n(&s["embedding_ms_a_text"], 1),
        n(&s["apply_of_full_build_with_embedding"], 4),
        n(&s["aws_s3_sync_first_s"], 2),
        n(&s["aws_s3_sync_one_percent_s"], 2),
        times(&s["first_s"], &s["aws_s3_sync_first_s"]),
        times(&s["one_percent_s"], &s["aws_s3_sync_one_percent_s"]),
        n(&s["searches_at_rest"]["p50_ms"], 2),
        n(&s["searches_at_rest"]["p95_ms"], 2),
        s["searches_at_rest"]["errors"],
        n(&s["searches_during"]["p50_ms"], 2),
        n(&s["searches_during"]["p95_ms"], 2),
        s["searches_during"]["errors"],
    )
}

/// What the window adds to the calls that an answer needs.
pub fn overhead(o: &Value) -> String {
    let both = |name: &str| ["here", "elsewhere"].map(|w| n(&o[w][name], 1));
    let row = |what: &str, [here, elsewhere]: [String; 2]| format!("| {what} | {here} | {elsewhere} |\n");
    let pair = |a: &str, b: &str| [0, 1].map(|i| format!("{}, {}", both(a)[i], both(b)[i]));
    [
        format!(
            "\n| ms at the median, over {} passages; {} and {} questions | models compute on the same cores | models take {} ms each, elsewhere |\n|---|---|---|\n",
            o["passages"], o["here"]["questions"], o["elsewhere"]["questions"], o["elsewhere_ms"],
        ),
        row("Enter until the first words of the answer stand in the page", both("window_p50_ms")),
        row("the same two calls, embed and generate, by the SDK alone, until the first words", both("bare_p50_ms")),
        row("passages on the screen, the whole answer in the program", pair("passages_p50_ms", "program_whole_p50_ms")),
        row("what the window adds, question by question: p50, p95", pair("added_p50_ms", "added_p95_ms")),
        format!(
            "\nOf that, what no window of this kind is without: an empty command there and back {}, the search {}.\n",
            n(&o["round_trip_p50_ms"], 1),
            n(&o["retrieve_p50_ms"], 1),
        ),
    ]
    .concat()
}
