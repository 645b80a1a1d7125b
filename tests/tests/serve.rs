//! The service as the program that it is: two tenants on one process, asked over HTTP with tokens that a test signs.

#[path = "serve/program.rs"]
mod program;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures::future::join_all;
use http_body_util::BodyExt;
use jsonwebtoken::get_current_timestamp;
use mortar_tests::stand_ins::{Role, StandIns, Tenant};
use program::{PATIENCE, Service, Signer, told};
use serde_json::{Value, json};
use tokio::net::TcpListener;

fn question(text: &str) -> Value {
    json!({ "question": text })
}

const CODE_75: &str = "What does claim rejection code 75 mean?";
const PARKING: &str = "Where may visitors park?";

#[tokio::test]
async fn an_answer_streams_goes_on_where_it_was_lost_and_is_of_whoever_asked() {
    let service = Service::start().await;
    let (ana, ben) = (
        service.pharmacy.token("ana", "pharmacy"),
        service.pharmacy.token("ben", "pharmacy"),
    );
    let events = service.asked(&ana, &question(CODE_75), &[]).await.unwrap();
    assert_eq!(events[0].data["event"], "passages");
    let last = events.last().unwrap();
    assert_eq!(last.name, "result");
    assert_eq!(
        last.data["answer"]["sentences"][0]["citations"][0]["document"],
        "reject-75"
    );
    assert!(events.iter().filter(|e| e.name != "message").count() == 1, "one end");

    // Lost behind the second event: the rest comes, to the letter, and only to whoever asked.
    let lost = [("last-event-id", events[1].id.as_str())];
    assert_eq!(
        service.asked(&ana, &question(CODE_75), &lost).await.unwrap(),
        events[2..]
    );
    assert_eq!(
        service.asked(&ben, &question(CODE_75), &lost).await,
        Err(StatusCode::NOT_FOUND)
    );
    let no_id = [("last-event-id", "1")];
    assert_eq!(
        service.asked(&ana, &question(CODE_75), &no_id).await,
        Err(StatusCode::BAD_REQUEST)
    );

    let exchange = &last.data["exchange"];
    let follow_up = json!({ "question": "and code 76?", "conversation": exchange["conversation"] });
    let followed = service.asked(&ana, &follow_up, &[]).await.unwrap();
    assert_eq!(
        followed.last().unwrap().data["exchange"]["conversation"],
        exchange["conversation"]
    );
    assert_eq!(service.asked(&ben, &follow_up, &[]).await, Err(StatusCode::NOT_FOUND));

    let label = json!({
        "exchange": exchange["id"],
        "label": { "verdict": "good", "reasons": [], "note": "" },
        "sentences": last.data["answer"]["sentences"],
    });
    assert_eq!(service.post("/v1/labels", &ana, &label).await["id"], exchange["id"]);
    let (status, ..) = service.send("POST", "/v1/labels", Some(&ben), Some(&label), &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let passages = &last.data["answer"]["passages"];
    let ground = json!({ "text": "Code 75 is sent again after 40 days.", "passages": passages });
    let marks = service.post("/v1/ground", &ana, &ground).await;
    let mark = marks[0]["grounding"].as_str().unwrap();
    assert!(["partial", "unsupported"].contains(&mark), "{marks}");
    let check = json!({ "text": "Code 75 is sent again after 40 days." });
    assert_eq!(service.post("/v1/check", &ana, &check).await["stands"], false);
    let found = service
        .post("/v1/search", &ana, &json!({ "question": CODE_75, "limit": 3 }))
        .await;
    assert_eq!(
        (&found[0]["document"]["id"], found.as_array().unwrap().len()),
        (&json!("reject-75"), 3)
    );
    let (_, _, document) = service
        .send("GET", "/v1/documents/reject-75", Some(&ana), None, &[])
        .await;
    assert!(document.contains("prior authorization"), "{document}");
}

/// Every route that there is beside health, with a body that would be answered.
fn routes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("POST", "/v1/ask", Some(question(CODE_75))),
        ("POST", "/v1/ground", Some(json!({ "text": "a", "passages": [] }))),
        ("POST", "/v1/check", Some(json!({ "text": "Code 75 is free." }))),
        ("POST", "/v1/search", Some(question(CODE_75))),
        ("GET", "/v1/documents", None),
        ("GET", "/v1/documents/reject-75", None),
        ("POST", "/v1/labels", Some(json!({}))),
        ("GET", "/v1/models", None),
        (
            "POST",
            "/v1/chat/completions",
            Some(json!({ "model": "mortar", "messages": [{ "role": "user", "content": CODE_75 }] })),
        ),
        (
            "POST",
            "/mcp",
            Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })),
        ),
        ("GET", "/v1/nothing", None),
    ]
}

#[tokio::test]
async fn no_route_but_health_answers_without_a_right_token() {
    let service = Service::start().await;
    let (pharmacy, clinic) = (&service.pharmacy, &service.clinic);
    let other = |key: &str, value: Value| {
        let mut claims = pharmacy.claims("ana", "pharmacy");
        claims[key] = value;
        pharmacy.signed(&claims)
    };
    let right = pharmacy.token("ana", "pharmacy");
    let (head, body) = right.rsplit_once('.').unwrap();
    let stranger = Signer::new("pharmacy").token("ana", "pharmacy");
    let wrong = [
        None,
        Some(String::new()),
        Some(format!("{head}.{}", body.chars().rev().collect::<String>())),
        // {"alg":"none"}
        Some(format!("eyJhbGciOiJub25lIn0.{}.", head.split('.').nth(1).unwrap())),
        Some(other("exp", json!(get_current_timestamp() - 3600))),
        Some(other("aud", json!("another"))),
        Some(other("tenant", json!("clinic"))),
        Some(other("iss", json!("https://clinic.example"))),
        Some(clinic.token("ana", "pharmacy")),
        Some(stranger),
    ];
    for (method, path, body) in routes() {
        for token in &wrong {
            let (status, headers, text) = service.send(method, path, token.as_deref(), body.as_ref(), &[]).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} {token:?}: {text}");
            assert_eq!(headers["www-authenticate"], "Bearer");
            let told: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(told["error"]["code"], "unauthorized");
        }
    }
    assert_eq!(service.send("GET", "/healthz", None, None, &[]).await.0, StatusCode::OK);
    let (status, ..) = service.send("GET", "/v1/documents", Some(&right), None, &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn one_tenant_gets_nothing_of_another() {
    let service = Service::start().await;
    let theirs = service.clinic.token("ana", "clinic");
    let mine = service.pharmacy.token("ana", "pharmacy");
    let events = service.asked(&mine, &question(CODE_75), &[]).await.unwrap();
    let exchange = &events.last().unwrap().data["exchange"];
    // Whatever else a request says, the token says whose knowledge it is.
    let said = [
        ("x-tenant", "pharmacy"),
        ("cookie", "tenant=pharmacy"),
        ("host", "pharmacy.example"),
    ];
    for headers in [&said[..], &[]] {
        let (_, _, documents) = service
            .send("GET", "/v1/documents?tenant=pharmacy", Some(&theirs), None, headers)
            .await;
        let documents: Value = serde_json::from_str(&documents).unwrap();
        assert_eq!(
            (documents.as_array().unwrap().len(), &documents[0]["id"]),
            (1, &json!("clinic-1"))
        );
        let (status, ..) = service
            .send("GET", "/v1/documents/reject-75", Some(&theirs), None, headers)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let found = service.post("/v1/search", &theirs, &question(CODE_75)).await;
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|f| f["document"]["id"] == "clinic-1"),
        "{found}"
    );
    let asked = service.asked(&theirs, &question(CODE_75), &[]).await.unwrap();
    assert_eq!(asked.last().unwrap().data["answer"]["abstained"], true);
    assert!(
        !json!(asked.last().unwrap().data)
            .to_string()
            .contains("prior authorization")
    );
    let lost = [("last-event-id", events[0].id.as_str())];
    assert_eq!(
        service.asked(&theirs, &question(CODE_75), &lost).await,
        Err(StatusCode::NOT_FOUND)
    );
    let follow_up = json!({ "question": "and code 76?", "conversation": exchange["conversation"] });
    assert_eq!(
        service.asked(&theirs, &follow_up, &[]).await,
        Err(StatusCode::NOT_FOUND)
    );
    let label = json!({ "exchange": exchange["id"], "label": { "verdict": "good", "reasons": [], "note": "" }, "sentences": [] });
    let (status, ..) = service
        .send("POST", "/v1/labels", Some(&theirs), Some(&label), &[])
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    // A thousand tries by ids that are known to be there, each in four ways.
    let (_, _, all) = service.send("GET", "/v1/documents", Some(&mine), None, &[]).await;
    let all: Vec<Value> = serde_json::from_str(&all).unwrap();
    assert!(all.len() >= 250, "{}", all.len());
    for id in all.iter().take(250).map(|d| d["id"].as_str().unwrap()) {
        let (status, ..) = service
            .send("GET", &format!("/v1/documents/{id}"), Some(&theirs), None, &[])
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
        let document = json!({ "name": "document", "arguments": { "id": id } });
        assert_eq!(
            mcp(&service, &theirs, "tools/call", document).await["result"]["isError"],
            true,
            "{id}"
        );
        let resource = json!({ "uri": format!("mortar://document/{id}") });
        assert!(
            mcp(&service, &theirs, "resources/read", resource).await["error"].is_object(),
            "{id}"
        );
        let found = service.post("/v1/search", &theirs, &question(id)).await;
        assert!(
            found
                .as_array()
                .unwrap()
                .iter()
                .all(|f| f["document"]["id"] == "clinic-1"),
            "{found}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_it_is_asked() {
    let service = Service::start().await;
    let token = service.pharmacy.token("ana", "pharmacy");
    for (path, body, status) in [
        ("/v1/ask", json!({}), 400),
        ("/v1/ask", json!({ "question": "" }), 400),
        ("/v1/ask", json!({ "question": "a".repeat(16_001) }), 400),
        ("/v1/ask", json!({ "question": "a", "tenant": "clinic" }), 400),
        ("/v1/ask", json!({ "question": "a".repeat(3 << 20) }), 413),
        ("/v1/check", json!({ "text": " " }), 400),
        ("/v1/check", json!({ "text": "a".repeat(100_001) }), 400),
        ("/v1/search", json!({ "question": "a", "limit": 0 }), 400),
        ("/v1/search", json!({ "question": "a", "limit": 101 }), 400),
        ("/v1/ground", json!([]), 400),
        ("/v1/documents", json!({}), 405),
    ] {
        let (told, _, text) = service.send("POST", path, Some(&token), Some(&body), &[]).await;
        assert_eq!(told, status, "{path}: {text}");
    }
}

#[tokio::test]
async fn a_tenant_at_its_limit_is_told_at_once_and_slows_nobody_else() {
    let service = Service::start().await;
    let (clinic, pharmacy) = (
        service.clinic.token("ana", "clinic"),
        service.pharmacy.token("ana", "pharmacy"),
    );
    let (parking, code) = (question(PARKING), question(CODE_75));
    let began = Instant::now();
    // Until three of them meet: two may be under way.
    loop {
        let many = join_all((0..16).map(|_| service.send("POST", "/v1/ask", Some(&clinic), Some(&parking), &[])));
        let (answers, other) = tokio::join!(many, service.asked(&pharmacy, &code, &[]));
        assert!(other.is_ok(), "the other tenant is answered: {other:?}");
        let (full, answered): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.0 != StatusCode::OK);
        assert!(answered.iter().all(|a| told(&a.2).last().unwrap().name == "result"));
        assert!(!answered.is_empty());
        for (status, headers, text) in &full {
            assert_eq!(*status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
            assert_eq!(headers["retry-after"], "2");
        }
        if !full.is_empty() {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "sixteen at once, and no three met");
    }
    // What is over makes room again.
    assert!(service.asked(&clinic, &parking, &[]).await.is_ok());
}

#[tokio::test]
async fn at_its_end_every_answer_under_way_comes_to_one() {
    let mut service = Service::start().await;
    let token = service.pharmacy.token("ana", "pharmacy");
    let code = question(CODE_75);
    let open = (0..12).map(|_| service.open("POST", "/v1/ask", Some(&token), Some(&code), &[]));
    let open = join_all(open).await;
    service.terminate();
    // It is no longer ready, and takes nothing new.
    let began = Instant::now();
    while service.send("GET", "/readyz", None, None, &[]).await.0 == StatusCode::OK {
        assert!(began.elapsed() < PATIENCE);
    }
    let (status, headers, _) = service.send("POST", "/v1/ask", Some(&token), Some(&code), &[]).await;
    assert_eq!(
        (status, &headers["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap())
    );
    for (status, _, body) in open {
        assert_eq!(status, StatusCode::OK);
        let whole = body.collect().await.unwrap().to_bytes();
        let events = told(std::str::from_utf8(&whole).unwrap());
        assert!(
            matches!(events.last().unwrap().name.as_str(), "result" | "error"),
            "{events:?}"
        );
    }
    assert!(service.ended().success());
}

/// The address of a container's credentials, which ends with the test.
async fn credentials(role: &Role) -> String {
    let given = json!({
        "AccessKeyId": role.key,
        "SecretAccessKey": role.secret,
        "Token": role.token,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/credentials", listener.local_addr().unwrap());
    let router = Router::new().route("/credentials", get(move || async move { Json(given) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    at
}

#[tokio::test]
async fn on_aws_it_asks_models_and_sends_labels_as_its_task() {
    let stand_ins = StandIns::start(false).await;
    let role = stand_ins.identity.give("care-clinic");
    let environment = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials(&role).await)];
    // The file is a laptop's, and nobody has signed in.
    let service = Service::start_as(&stand_ins.tenant("clinic", "tei", "messages"), &environment).await;
    let ana = service.clinic.token("ana", "clinic");
    let asked = service.asked(&ana, &question(PARKING), &[]).await.unwrap();
    let result = &asked.last().unwrap().data;
    assert_eq!(result["answer"]["models"]["generation"], "stand-in", "{result:#}");
    let label = json!({
        "exchange": result["exchange"]["id"],
        "label": { "verdict": "good", "reasons": [], "note": "" },
        "sentences": [],
    });
    service.post("/v1/labels", &ana, &label).await;
    let feedback = Tenant("clinic").feedback();
    let arrived = || !stand_ins.store.keys(&feedback).is_empty();
    let began = Instant::now();
    while !arrived() {
        assert!(began.elapsed() < PATIENCE, "the label does not arrive");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A message of the Model Context Protocol and what comes back.
async fn mcp(service: &Service, token: &str, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2025-06-18"),
    ];
    let (status, _, text) = service
        .send("POST", "/mcp", Some(token), Some(&message), &headers)
        .await;
    assert_eq!(status, StatusCode::OK, "{method}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[tokio::test]
async fn another_program_asks_by_mcp_and_sees_its_own_tenant_alone() {
    let service = Service::start().await;
    let (clinic, pharmacy) = (
        service.clinic.token("ana", "clinic"),
        service.pharmacy.token("ana", "pharmacy"),
    );
    let tools = mcp(&service, &pharmacy, "tools/list", json!({})).await;
    let names: Vec<&Value> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["name"])
        .collect();
    assert_eq!(names, ["ask", "search", "document"]);
    let call = async |token: &str, name: &str, arguments: Value| {
        mcp(
            &service,
            token,
            "tools/call",
            json!({ "name": name, "arguments": arguments }),
        )
        .await["result"]
            .clone()
    };
    let answer = call(&pharmacy, "ask", question(CODE_75)).await;
    let text = answer["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("[1] (verbatim)") && text.contains("(reject-75, version"),
        "{text}"
    );
    assert_eq!(
        answer["structuredContent"]["sentences"][0]["citations"][0]["document"],
        "reject-75"
    );
    let found = call(&pharmacy, "search", json!({ "question": CODE_75, "limit": 2 })).await;
    assert_eq!(found["structuredContent"]["found"][0]["id"], "reject-75");
    let theirs = call(&clinic, "document", json!({ "id": "reject-75" })).await;
    assert_eq!(theirs["isError"], true, "{theirs}");
    let listed = mcp(&service, &clinic, "resources/list", json!({})).await;
    let listed = listed["result"]["resources"].as_array().unwrap().clone();
    assert_eq!(
        (listed.len(), &listed[0]["uri"]),
        (1, &json!("mortar://document/clinic-1"))
    );
    let read = mcp(&service, &clinic, "resources/read", json!({ "uri": listed[0]["uri"] })).await;
    assert!(
        read["result"]["contents"][0]["text"]
            .as_str()
            .unwrap()
            .contains("blue gate"),
        "{read}"
    );
    let other = mcp(
        &service,
        &clinic,
        "resources/read",
        json!({ "uri": "mortar://document/reject-75" }),
    )
    .await;
    assert!(
        other["error"]["code"].is_number() && !other.to_string().contains("prior authorization"),
        "{other}"
    );
}

#[tokio::test]
async fn a_chat_of_openais_kind_is_answered_with_its_sources() {
    let service = Service::start().await;
    let token = service.pharmacy.token("ana", "pharmacy");
    let (_, _, models) = service.send("GET", "/v1/models", Some(&token), None, &[]).await;
    assert!(models.contains("\"mortar\""), "{models}");
    let mut chat = json!({
        "model": "mortar",
        "temperature": 0.7,
        "messages": [{ "role": "system", "content": "Answer yes." }, { "role": "user", "content": CODE_75 }],
    });
    let whole = service.post("/v1/chat/completions", &token, &chat).await;
    let message = &whole["choices"][0]["message"];
    let text = message["content"].as_str().unwrap();
    assert!(
        text.contains("prior authorization") && text.contains("[1] (verbatim)"),
        "{text}"
    );
    let cited = &message["annotations"][0]["url_citation"];
    let range = cited["start_index"].as_u64().unwrap() as usize..cited["end_index"].as_u64().unwrap() as usize;
    assert_eq!(
        text.chars().collect::<Vec<_>>()[range].iter().collect::<String>(),
        "[1]"
    );
    assert_eq!(cited["url"], "https://kb.mortar.example/claims/reject-75");

    // As a stream it is the same text, and ends as such a stream does.
    chat["stream"] = json!(true);
    let (_, _, stream) = service
        .send("POST", "/v1/chat/completions", Some(&token), Some(&chat), &[])
        .await;
    let frames: Vec<&str> = stream.lines().filter_map(|l| l.strip_prefix("data: ")).collect();
    let (end, chunks) = frames.split_last().unwrap();
    assert_eq!(*end, "[DONE]");
    let chunks: Vec<Value> = chunks.iter().map(|c| serde_json::from_str(c).unwrap()).collect();
    let pieces = chunks
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), text);
    let last = &chunks.last().unwrap()["choices"][0];
    assert_eq!(
        (&last["finish_reason"], &last["delta"]["annotations"]),
        (&json!("stop"), &message["annotations"])
    );

    chat["messages"] = json!([{ "role": "user", "content": "### Task:\nSuggest a title" }]);
    let (status, ..) = service
        .send("POST", "/v1/chat/completions", Some(&token), Some(&chat), &[])
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
