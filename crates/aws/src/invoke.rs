//! One request to a SageMaker endpoint, whole or as a stream: the only place that knows the call's own fields.

use aws_sdk_sagemakerruntime::operation::invoke_endpoint_with_response_stream::InvokeEndpointWithResponseStreamOutput;
use aws_smithy_types::Blob;

use crate::Aws;
use crate::calls::{self, Failed};

pub const JSON: &str = "application/json";

/// Where a request goes: an endpoint, and which of what it serves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    pub endpoint: &'a str,
    pub inference_component: Option<&'a str>,
    pub variant: Option<&'a str>,
    pub custom_attributes: Option<&'a str>,
}

/// Both calls of the SDK have builders of their own, with the same fields.
macro_rules! addressed {
    ($call:expr, $to:expr, $id:expr, $content_type:expr, $body:expr) => {
        $call
            .endpoint_name($to.endpoint)
            .content_type($content_type)
            .set_inference_component_name($to.inference_component.map(str::to_owned))
            .set_target_variant($to.variant.map(str::to_owned))
            .set_custom_attributes($to.custom_attributes.map(str::to_owned))
            .set_inference_id(Some($id.to_owned()).filter(|id| !id.is_empty()))
            .body(Blob::new($body))
    };
}

/// `id` ties the invocation to its question, and is empty where there is none.
pub async fn whole(aws: &Aws, to: Target<'_>, id: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
    let clients = aws.clients();
    let call = addressed!(clients.runtime.invoke_endpoint(), to, id, content_type, body).accept(JSON);
    let answer = call.send().await.map_err(calls::read)?;
    Ok(answer.body.map(Blob::into_inner).unwrap_or_default())
}

pub async fn stream(
    aws: &Aws,
    to: Target<'_>,
    id: &str,
    body: Vec<u8>,
) -> Result<InvokeEndpointWithResponseStreamOutput, Failed> {
    let clients = aws.clients();
    let call = clients.runtime.invoke_endpoint_with_response_stream();
    addressed!(call, to, id, JSON, body).send().await.map_err(calls::read)
}
