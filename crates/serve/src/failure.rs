//! How a request is refused: a status for machines, and in the body `{"error": {code, message}}` as the command line
//! prints it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mortar_desk::{DeskError, ErrorCode};
use serde_json::json;

/// In how many seconds it is worth to ask again.
const AGAIN: HeaderValue = HeaderValue::from_static("2");

#[derive(Debug)]
pub enum Failure {
    /// Nobody whom this service knows.
    Unknown,
    /// As many requests of the tenant as may be are under way.
    Full,
    /// The service is about to end, or the knowledge is not open yet.
    Closed,
    /// The body is longer than anything that can be asked.
    TooLong,
    /// The body did not come in time, or the answer did not.
    Late(StatusCode),
    NotFound,
    Desk(DeskError),
}

impl From<DeskError> for Failure {
    fn from(e: DeskError) -> Self {
        Failure::Desk(e)
    }
}

impl Failure {
    fn told(self) -> (StatusCode, &'static str, String) {
        match self {
            Failure::Unknown => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "A valid token is needed.".into(),
            ),
            Failure::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "full",
                "Too much is being asked at once. Ask again in a moment.".into(),
            ),
            Failure::Closed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "closed",
                "Nothing can be asked here just now. Ask again in a moment.".into(),
            ),
            Failure::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "usage",
                "This is longer than anything that can be asked.".into(),
            ),
            Failure::Late(status) => (status, "late", "It took too long.".into()),
            Failure::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here.".into()),
            Failure::Desk(e) => {
                let (status, code) = match e.code {
                    ErrorCode::Usage => (StatusCode::BAD_REQUEST, "usage"),
                    ErrorCode::NoDocument => (StatusCode::NOT_FOUND, "no_document"),
                    ErrorCode::TooStale => (StatusCode::SERVICE_UNAVAILABLE, "too_stale"),
                    ErrorCode::SignIn => (StatusCode::BAD_GATEWAY, "sign_in"),
                    ErrorCode::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
                };
                (status, code, e.message)
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, message) = self.told();
        let mut out = (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            out.headers_mut().insert(header::RETRY_AFTER, AGAIN);
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            out.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        out
    }
}
