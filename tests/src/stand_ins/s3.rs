//! S3: versions, conditions both ways, checksums and signatures (by `s3s` itself), keys of KMS, the
//! bucket's owner. In memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures::StreamExt;
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::*;
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use sha2::{Digest, Sha256};

use super::{ACCOUNT, Call, Calls, Fault, Faults, Identity, Role, Tenant};

#[derive(Clone)]
struct Object {
    version: String,
    /// None: a delete marker.
    body: Option<Vec<u8>>,
    tag: String,
    at: SystemTime,
    content_type: Option<String>,
    kms_key: Option<String>,
}

/// Every bucket with every version of every object.
pub struct Store(Mutex<BTreeMap<String, BTreeMap<String, Vec<Object>>>>);

impl Store {
    pub fn new<const N: usize>(buckets: [&str; N]) -> Self {
        Store(Mutex::new(
            buckets.into_iter().map(|b| (b.to_owned(), BTreeMap::new())).collect(),
        ))
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, Vec<Object>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn make(&self, bucket: &str) {
        self.held().entry(bucket.to_owned()).or_default();
    }

    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let held = self.held();
        let objects = held.get(bucket).into_iter().flatten();
        objects
            .filter(|(_, v)| v.last().is_some_and(|o| o.body.is_some()))
            .map(|(k, _)| k.clone())
            .collect()
    }

    pub fn body(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.held().get(bucket)?.get(key)?.last()?.body.clone()
    }

    /// How often a key was written.
    pub fn versions(&self, bucket: &str, key: &str) -> usize {
        self.held().get(bucket).and_then(|b| b.get(key)).map_or(0, Vec::len)
    }
}

struct Served {
    store: Arc<Store>,
    faults: Arc<Faults>,
    identity: Arc<Identity>,
    calls: Arc<Calls>,
}

struct Keys(Arc<Identity>);

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.role_of(access_key) {
            Some(role) => Ok(SecretKey::from(role.secret)),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

pub fn router(store: Arc<Store>, identity: Arc<Identity>, faults: Arc<Faults>, calls: Arc<Calls>) -> Router {
    let mut builder = S3ServiceBuilder::new(Served {
        store,
        faults,
        identity: identity.clone(),
        calls,
    });
    builder.set_auth(Keys(identity));
    let service = HandleError::new(builder.build(), |e: s3s::HttpError| async move {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{e:?}")).into_response()
    });
    Router::new().fallback_service(service)
}

impl Served {
    /// The fault that a call meets, and who may call at all.
    async fn came<T>(&self, call: &str, request: &S3Request<T>, owner: Option<&String>) -> S3Result<Option<Fault>> {
        let role = request
            .credentials
            .as_ref()
            .and_then(|c| self.identity.role_of(&c.access_key));
        let role = role.ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        let token = request
            .headers
            .get("x-amz-security-token")
            .and_then(|v| v.to_str().ok());
        if token != Some(role.token.as_str()) {
            return Err(s3_error!(InvalidToken));
        }
        if role.ends <= SystemTime::now() {
            return Err(s3_error!(ExpiredToken));
        }
        if owner.is_some_and(|o| o != ACCOUNT) {
            return Err(s3_error!(AccessDenied));
        }
        // A role opens its own tenant's buckets: the path begins with one.
        let bucket = request.uri.path().split('/').nth(1).unwrap_or_default();
        if !Tenant(role.tenant()).owns_bucket(bucket) {
            return Err(s3_error!(AccessDenied));
        }
        self.saw(call, request, role);
        match self.faults.met(call) {
            Some(Fault::Throttle | Fault::TooMany) => Err(s3_error!(SlowDown)),
            Some(Fault::Server | Fault::Dependency | Fault::Model) => Err(s3_error!(InternalError)),
            Some(Fault::Conflict) => Err(s3_error!(ConditionalRequestConflict)),
            Some(Fault::Expired) => Err(s3_error!(ExpiredToken)),
            Some(Fault::Denied) => Err(s3_error!(AccessDenied)),
            Some(Fault::ClockSkew) => Err(s3_error!(RequestTimeTooSkewed)),
            Some(Fault::Stall) => {
                tokio::time::sleep(std::time::Duration::from_secs(600)).await;
                Err(s3_error!(ServiceUnavailable))
            }
            other => Ok(other),
        }
    }
}

impl Served {
    fn saw<T>(&self, call: &str, request: &S3Request<T>, by: Role) {
        // The one character of a key of ours that a path escapes.
        let path = request.uri.path().trim_matches('/').replace("%3D", "=");
        let (action, on) = match call {
            "put" => ("s3:PutObject", path.as_str()),
            "get" | "head" => ("s3:GetObject", path.as_str()),
            "delete" => ("s3:DeleteObject", path.as_str()),
            // Of a bucket, whatever it is asked for; so is whether an object is missing.
            _ => ("s3:ListBucket", path.split('/').next().unwrap_or_default()),
        };
        let key = request.headers.get("x-amz-server-side-encryption-aws-kms-key-id");
        self.calls.saw(Call {
            by: by.name,
            action,
            on: on.to_owned(),
            sealed_with: key.and_then(|k| k.to_str().ok()).map(str::to_owned),
        });
    }

    /// S3 says that an object is missing only to who may list its bucket: to all others it is forbidden.
    fn missing<T>(&self, request: &S3Request<T>) -> S3Error {
        let by = request
            .credentials
            .as_ref()
            .and_then(|c| self.identity.role_of(&c.access_key));
        if let Some(by) = by {
            self.saw("list", request, by);
        }
        s3_error!(NoSuchKey)
    }
}

async fn all(body: Option<StreamingBlob>) -> S3Result<Vec<u8>> {
    let mut out = Vec::new();
    let Some(mut body) = body else { return Ok(out) };
    while let Some(part) = body.next().await {
        out.extend_from_slice(&part.map_err(|_| s3_error!(IncompleteBody))?);
    }
    Ok(out)
}

fn tag(body: &[u8]) -> String {
    Sha256::digest(body)
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn latest<'a>(
    held: &'a BTreeMap<String, BTreeMap<String, Vec<Object>>>,
    bucket: &str,
    key: &str,
) -> S3Result<Option<&'a Object>> {
    let objects = held.get(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    Ok(objects.get(key).and_then(|v| v.last()).filter(|o| o.body.is_some()))
}

fn met(condition: &ETagCondition, object: Option<&Object>) -> bool {
    match (condition.as_etag(), object) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(etag), Some(o)) => etag.value() == o.tag,
    }
}

#[async_trait::async_trait]
impl S3 for Served {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let fault = self
            .came("put", &request, request.input.expected_bucket_owner.as_ref())
            .await?;
        let input = request.input;
        let body = all(input.body).await?;
        if fault == Some(Fault::WrongChecksum) {
            return Err(s3_error!(BadDigest));
        }
        let kms = input.server_side_encryption.as_ref().map(ServerSideEncryption::as_str) == Some("aws:kms");
        // The bucket's own policy: nothing of a patient lies there without the tenant's key.
        let tenant = request.credentials.and_then(|c| self.identity.role_of(&c.access_key));
        let of = |r: &Role| {
            let own = Tenant(r.tenant());
            input.bucket != own.feedback() || (kms && input.ssekms_key_id.as_ref() == Some(&own.kms_key()))
        };
        if !tenant.as_ref().is_some_and(of) {
            return Err(s3_error!(AccessDenied));
        }
        let mut held = self.store.held();
        let before = latest(&held, &input.bucket, &input.key)?.cloned();
        if input.if_none_match.as_ref().is_some_and(|c| met(c, before.as_ref()))
            || input.if_match.as_ref().is_some_and(|c| !met(c, before.as_ref()))
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let versions = held
            .get_mut(&input.bucket)
            .ok_or_else(|| s3_error!(NoSuchBucket))?
            .entry(input.key.clone())
            .or_default();
        let object = Object {
            version: format!("v{}", versions.len() + 1),
            tag: tag(&body),
            body: Some(body),
            at: SystemTime::now(),
            content_type: input.content_type.map(|c| c.to_string()),
            kms_key: input.ssekms_key_id.clone().filter(|_| kms),
        };
        versions.push(object.clone());
        drop(held);
        if matches!(fault, Some(Fault::Cut | Fault::Truncated)) {
            // It is written; the answer is lost on its way.
            return Err(s3_error!(InternalError));
        }
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(object.tag)),
            version_id: Some(object.version),
            server_side_encryption: input.server_side_encryption,
            ssekms_key_id: object.kms_key,
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let fault = self
            .came("get", &request, request.input.expected_bucket_owner.as_ref())
            .await?;
        let found = {
            let (input, held) = (&request.input, self.store.held());
            let found = match &input.version_id {
                Some(v) => held
                    .get(&input.bucket)
                    .and_then(|b| b.get(&input.key))
                    .and_then(|all| all.iter().find(|o| o.version == *v)),
                None => latest(&held, &input.bucket, &input.key)?,
            };
            found.cloned()
        };
        let object = found.ok_or_else(|| self.missing(&request))?;
        let input = request.input;
        if input.if_none_match.as_ref().is_some_and(|c| met(c, Some(&object))) {
            return Err(s3_error!(NotModified));
        }
        if input.if_match.as_ref().is_some_and(|c| !met(c, Some(&object))) {
            return Err(s3_error!(PreconditionFailed));
        }
        let mut body = object.body.ok_or_else(|| s3_error!(NoSuchKey))?;
        let whole = body.len() as u64;
        let mut content_range = None;
        if let Some(range) = input.range {
            let range = range.check(whole).map_err(|_| s3_error!(InvalidRange))?;
            content_range = Some(format!("bytes {}-{}/{whole}", range.start, range.end - 1));
            body = body[range.start as usize..range.end as usize].to_vec();
        }
        if fault == Some(Fault::WrongChecksum)
            && let Some(first) = body.first_mut()
        {
            *first ^= 0xff;
        }
        let length = body.len();
        let parts: Vec<Result<_, std::io::Error>> = match fault {
            Some(Fault::Truncated | Fault::Cut) => vec![
                Ok(body[..length / 2].to_vec().into()),
                Err(std::io::Error::other("cut")),
            ],
            _ => vec![Ok(axum::body::Bytes::from(body))],
        };
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(futures::stream::iter(parts))),
            content_length: Some(length as i64),
            content_range,
            e_tag: Some(ETag::Strong(object.tag)),
            version_id: Some(object.version),
            last_modified: Some(object.at.into()),
            ssekms_key_id: object.kms_key,
            content_type: object.content_type.and_then(|c| c.parse().ok()),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.came("head", &request, request.input.expected_bucket_owner.as_ref())
            .await?;
        let held = self.store.held();
        let object = latest(&held, &request.input.bucket, &request.input.key)?.ok_or_else(|| s3_error!(NoSuchKey))?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: object.body.as_ref().map(|b| b.len() as i64),
            e_tag: Some(ETag::Strong(object.tag.clone())),
            version_id: Some(object.version.clone()),
            last_modified: Some(object.at.into()),
            ssekms_key_id: object.kms_key.clone(),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.came("delete", &request, request.input.expected_bucket_owner.as_ref())
            .await?;
        let mut held = self.store.held();
        let objects = held
            .get_mut(&request.input.bucket)
            .ok_or_else(|| s3_error!(NoSuchBucket))?;
        if let Some(versions) = objects.get_mut(&request.input.key) {
            versions.push(Object {
                version: format!("v{}", versions.len() + 1),
                body: None,
                tag: String::new(),
                at: SystemTime::now(),
                content_type: None,
                kms_key: None,
            });
        }
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.came("list", &request, request.input.expected_bucket_owner.as_ref())
            .await?;
        let input = request.input;
        let held = self.store.held();
        let objects = held.get(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.or(input.start_after).unwrap_or_default();
        let most = input.max_keys.unwrap_or(1000).clamp(1, 1000) as usize;
        let mut found = objects
            .iter()
            .filter(|(k, _)| k.starts_with(&prefix) && **k > after)
            .filter_map(|(k, v)| Some((k, v.last()?, v.last()?.body.as_ref()?)));
        let contents: Vec<s3s::dto::Object> = found
            .by_ref()
            .take(most)
            .map(|(k, o, body)| s3s::dto::Object {
                key: Some(k.clone()),
                size: Some(body.len() as i64),
                e_tag: Some(ETag::Strong(o.tag.clone())),
                last_modified: Some(o.at.into()),
                ..s3s::dto::Object::default()
            })
            .collect();
        let more = found.next().is_some();
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: Some(contents.len() as i32),
            is_truncated: Some(more),
            next_continuation_token: contents.last().and_then(|o| o.key.clone()).filter(|_| more),
            contents: Some(contents),
            name: Some(input.bucket),
            prefix: input.prefix,
            ..ListObjectsV2Output::default()
        }))
    }
}
