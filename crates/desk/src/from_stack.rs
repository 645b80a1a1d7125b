//! A tenant's configuration out of the outputs of its stack (deploy/tenant.yaml), so that no name of a bucket, key or
//! endpoint is typed by anybody. Asks AWS nothing.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use mortar_aws::contracts::{EmbeddingContract, GenerationContract};
use serde::Deserialize;
use toml::{Table, Value};

use crate::error::DeskError;
use crate::tenant::TenantConfig;

/// What `aws cloudformation describe-stacks --stack-name …` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    stacks: Vec<Stack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stack {
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "OutputKey")]
    key: String,
    #[serde(rename = "OutputValue")]
    value: String,
}

struct Outputs(BTreeMap<String, String>);

impl Outputs {
    fn of(text: &str) -> Result<Outputs, DeskError> {
        let described: Described = serde_json::from_str(text).map_err(|e| {
            wrong(format_args!(
                "{e}; it is what `aws cloudformation describe-stacks --stack-name NAME` prints"
            ))
        })?;
        let [stack]: [Stack; 1] = described
            .stacks
            .try_into()
            .map_err(|all: Vec<Stack>| wrong(format_args!("{} stacks, one is needed", all.len())))?;
        Ok(Outputs(stack.outputs.into_iter().map(|o| (o.key, o.value)).collect()))
    }

    fn get(&self, key: &str) -> Result<&str, DeskError> {
        let value = self.0.get(key).map(String::as_str);
        value.ok_or_else(|| {
            wrong(format_args!(
                "the stack has no output {key}: is it one of deploy/tenant.yaml?"
            ))
        })
    }

    fn value(&self, key: &str) -> Result<Value, DeskError> {
        Ok(self.get(key)?.into())
    }

    /// The name of an interface endpoint, as an address. S3's has a star where the word "bucket" goes.
    fn address(&self, key: &str) -> Result<Value, DeskError> {
        let name = self.get(key)?;
        let name = name
            .strip_prefix("*.")
            .map_or(name.to_owned(), |rest| format!("bucket.{rest}"));
        Ok(format!("https://{name}").into())
    }

    /// A bucket of this account, its objects sealed with the tenant's key.
    fn bucket(&self, of: &str, prefix: &str) -> Result<Value, DeskError> {
        Ok(table([
            ("bucket", self.value(&format!("{of}Bucket"))?),
            ("prefix", prefix.into()),
            ("owner", self.value("Account")?),
            ("kms_key", self.value(&format!("{of}Key"))?),
        ]))
    }

    fn model(&self, of: &str) -> Result<Table, DeskError> {
        let mut out = Table::new();
        let endpoint = self.value(&format!("{of}Endpoint"))?;
        if self.get("AsComponents")? == "yes" {
            out.insert("inference_component".into(), endpoint.clone());
        }
        out.insert("endpoint".into(), endpoint);
        out.insert("contract".into(), self.value(&format!("{of}Contract"))?);
        out.insert("model".into(), self.value(&format!("{of}Model"))?);
        Ok(out)
    }

    fn embedding(&self) -> Result<Table, DeskError> {
        let mut out = self.model("Embedding")?;
        let dimensions = self.get("EmbeddingDimensions")?;
        let number: i64 = dimensions.parse().map_err(|_| {
            wrong(format_args!(
                "EmbeddingDimensions is “{dimensions}”, a number is needed"
            ))
        })?;
        out.insert("dimensions".into(), number.into());
        let contract: EmbeddingContract = contract(&out)?;
        if !contract.batches() {
            out.insert("batch".into(), 1.into());
        }
        Ok(out)
    }

    fn generation(&self) -> Result<Table, DeskError> {
        let mut out = self.model("Generation")?;
        let contract: GenerationContract = contract(&out)?;
        if !contract.streams() {
            out.insert("stream".into(), false.into());
        }
        Ok(out)
    }

    fn aws(&self) -> Result<Table, DeskError> {
        let id = self.get("Tenant")?;
        let mut out = Table::from_iter([
            ("region".to_owned(), self.value("Region")?),
            (
                "sso".to_owned(),
                table([
                    ("start_url", self.value("SsoStartUrl")?),
                    ("region", self.value("SsoRegion")?),
                    ("account", self.value("Account")?),
                    // As identity.yaml names the permission set.
                    ("role", format!("{id}-operator").into()),
                ]),
            ),
            (
                "endpoints".to_owned(),
                table([
                    ("s3", self.address("S3Endpoint")?),
                    ("sagemaker_runtime", self.address("SageMakerRuntimeEndpoint")?),
                ]),
            ),
            ("knowledge".to_owned(), self.bucket("Knowledge", "mortar")?),
            ("feedback".to_owned(), self.bucket("Feedback", "labels")?),
            ("embedding".to_owned(), self.embedding()?.into()),
            ("generation".to_owned(), self.generation()?.into()),
        ]);
        for (table, of) in [("reranking", "Reranking"), ("checking", "Checking")] {
            if self.0.contains_key(&format!("{of}Endpoint")) {
                out.insert(table.into(), self.model(of)?.into());
            }
        }
        Ok(out)
    }
}

/// The text of a tenant's file, out of a file of outputs.
pub fn from_stack(path: &Path) -> Result<String, DeskError> {
    let outputs = std::fs::read_to_string(path);
    configuration(&outputs.map_err(|e| DeskError::usage(format!("{}: {e}", path.display())))?)
}

/// What is written can be read: it is read here first.
fn configuration(outputs: &str) -> Result<String, DeskError> {
    let outputs = Outputs::of(outputs)?;
    let id = outputs.get("Tenant")?;
    let file = Table::from_iter([
        ("id".to_owned(), id.into()),
        ("name".to_owned(), outputs.value("Name")?),
        (
            "knowledge".to_owned(),
            table([("root", format!("{id}.root.json").into())]),
        ),
        ("aws".to_owned(), outputs.aws()?.into()),
    ]);
    let config: TenantConfig = file.clone().try_into().map_err(wrong)?;
    let impossible = config.aws.as_ref().and_then(|aws| aws.check().err());
    if let Some(e) = impossible.or_else(|| config.impossible()) {
        return Err(wrong(format_args!("{}: {}", e.key, e.reason)));
    }
    let text = toml::to_string(&file).map_err(wrong)?;
    Ok(format!(
        "# Of the stack's outputs. The root of trust, from `mortar kb keys init`, goes beside this file.\n{text}"
    ))
}

fn contract<T: for<'a> Deserialize<'a>>(model: &Table) -> Result<T, DeskError> {
    model["contract"].clone().try_into().map_err(wrong)
}

fn table<const N: usize>(rows: [(&str, Value); N]) -> Value {
    Value::Table(rows.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn wrong(why: impl Display) -> DeskError {
    DeskError::usage(format!("the outputs of the stack: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUTS: &str = include_str!("../../../tests/fixtures/stack-outputs.json");

    fn read(outputs: &str) -> TenantConfig {
        toml::from_str(&configuration(outputs).unwrap()).unwrap()
    }

    #[test]
    fn a_tenants_file_says_what_the_stack_says() {
        let config = read(OUTPUTS);
        assert_eq!(
            (config.id.as_deref(), config.name.as_str()),
            (Some("pharmacy"), "Pharmacy")
        );
        let aws = config.aws.unwrap();
        assert_eq!(aws.sso.role, "pharmacy-operator");
        let s3 = aws.endpoints.s3.unwrap();
        assert!(s3.starts_with("https://bucket.vpce-"), "{s3}");
        let (knowledge, feedback) = (aws.knowledge.unwrap(), aws.feedback.unwrap());
        assert_eq!(knowledge.bucket, "mortar-pharmacy-knowledge-123456789012");
        assert_ne!(knowledge.kms_key, feedback.kms_key);
        assert_eq!(feedback.owner.as_deref(), Some("123456789012"));
        assert_eq!(aws.embedding.unwrap().endpoint, "mortar-pharmacy-embedding");
        let generation = aws.generation.unwrap();
        assert!(generation.stream && generation.inference_component.is_none());
        assert_eq!(aws.reranking.unwrap().model, "bge-reranker-v2-m3");
        assert_eq!(aws.checking.unwrap().endpoint, "mortar-pharmacy-checking");
    }

    #[test]
    fn components_contracts_and_a_tenant_of_two_models() {
        let outputs = OUTPUTS
            .replace(
                "\"OutputKey\": \"AsComponents\",\n          \"OutputValue\": \"no\"",
                "\"OutputKey\": \"AsComponents\", \"OutputValue\": \"yes\"",
            )
            .replace("\"tei\"", "\"lmi-embedding\"")
            .replace("\"messages\"", "\"llama3-base\"")
            .replace("RerankingEndpoint", "One")
            .replace("CheckingEndpoint", "Another");
        let aws = read(&outputs).aws.unwrap();
        let (embedding, generation) = (aws.embedding.unwrap(), aws.generation.unwrap());
        assert_eq!(
            embedding.inference_component.as_deref(),
            Some("mortar-pharmacy-embedding")
        );
        assert_eq!((embedding.batch, generation.stream), (1, false));
        assert!(aws.reranking.is_none() && aws.checking.is_none());
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_said() {
        for (from, to, said) in [
            ("\"KnowledgeBucket\"", "\"Bucket\"", "no output KnowledgeBucket"),
            ("\"384\"", "\"many\"", "a number is needed"),
            ("\"tei\"", "\"te\"", "unknown variant `te`"),
            ("\"123456789012\"", "\"12\"", "an account is twelve digits"),
            (
                "mortar-pharmacy-feedback-123456789012",
                "mortar-pharmacy-knowledge-123456789012",
                "a bucket of its own",
            ),
            ("\"Stacks\"", "\"Stack\"", "describe-stacks"),
        ] {
            assert!(OUTPUTS.contains(from), "{from}");
            let message = configuration(&OUTPUTS.replace(from, to)).unwrap_err().message;
            assert!(message.contains(said), "{to}: {message}");
        }
        for (text, said) in [
            ("", "describe-stacks"),
            ("{\"Stacks\": []}", "0 stacks"),
            ("[]", "describe-stacks"),
        ] {
            let message = configuration(text).unwrap_err().message;
            assert!(message.contains(said), "{text}: {message}");
        }
    }
}
