//! What every request goes through: who asks, whether there is room, how long and how large it may be. No route but
//! health is reached without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{LengthLimitError, Limited};
use mortar_desk::DeskError;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::auth::{Issuers, Refused, Who};
use crate::ending::Ending;
use crate::failure::Failure;
use crate::log;
use crate::tenants::{Tenant, Tenants};

/// A text to check with the passages that it is checked on.
const LARGEST: usize = 2 << 20;
/// A body comes in no more than that.
const SLOWEST: Duration = Duration::from_secs(10);
/// And what is no stream is answered in no more than that.
const LONGEST: Duration = Duration::from_secs(60);

/// Sooner than any balancer takes a silent stream for a dead one.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

pub struct Service {
    pub tenants: Tenants,
    pub issuers: Issuers,
    pub ending: Ending,
}

/// Whoever asks, and of which tenant they are.
#[derive(Clone)]
pub struct Caller {
    pub tenant: Arc<Tenant>,
    pub subject: String,
}

pub async fn door(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let method = request.method().clone();
    let caller = service.caller(request.headers());
    let tenant = caller.as_ref().ok().map(|c| c.tenant.id.clone());
    let mut response = match caller {
        Ok(_) if !service.ending.takes_more() => Failure::Closed.into_response(),
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            let answered = tokio::time::timeout(LONGEST, next.run(request)).await;
            answered.unwrap_or_else(|_| Failure::Late(StatusCode::GATEWAY_TIMEOUT).into_response())
        }
        Err(_) => Failure::Unknown.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    log::say(&json!({
        "tenant": tenant,
        "method": method.as_str(),
        "route": route,
        "status": response.status().as_u16(),
        "ms": began.elapsed().as_millis() as u64,
    }));
    response
}

impl Service {
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refused> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        // Two are one too many: another than the one that is read here might be read elsewhere.
        let (Some(one), None) = (given.next(), given.next()) else {
            return Err(Refused::Missing);
        };
        let (scheme, token) = one
            .to_str()
            .ok()
            .and_then(|v| v.split_once(' '))
            .ok_or(Refused::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refused::Missing);
        }
        let Who { tenant, subject } = self.issuers.who(token.trim())?;
        let tenant = self.tenants.get(&tenant).cloned().ok_or(Refused::Tenant)?;
        Ok(Caller { tenant, subject })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Caller>().cloned().ok_or(Failure::Unknown)
    }
}

/// A request whose body is read by somebody else, as bounded as every other.
pub fn bounded(request: Request) -> Request {
    request.map(|body| axum::body::Body::new(Limited::new(body, LARGEST)))
}

/// A body as JSON, bounded in size and time.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let read = tokio::time::timeout(SLOWEST, to_bytes(request.into_body(), LARGEST)).await;
        let body: Bytes = match read {
            Err(_) => return Err(Failure::Late(StatusCode::REQUEST_TIMEOUT)),
            Ok(Err(e)) => {
                return Err(match e.into_inner().is::<LengthLimitError>() {
                    true => Failure::TooLong,
                    false => DeskError::usage("The body broke off.").into(),
                });
            }
            Ok(Ok(body)) => body,
        };
        // What serde says names keys and types, and a place; never more of the text than a word.
        let read = serde_json::from_slice(&body).map_err(|e| DeskError::usage(format!("The body: {e}")));
        Ok(Body(read?))
    }
}
