//! AWS for one tenant: sign-in, models behind SageMaker endpoints, buckets. The only crate that names
//! `aws_*`. It keeps no secret but in the vault that it is given, and writes nothing to disk.

mod breaker;
mod calls;
mod checker;
pub mod config;
pub mod contracts;
mod embedder;
mod feedback;
mod generator;
mod guard;
mod invoke;
mod loopback;
mod probe;
mod reranker;
mod sign_in;
mod sign_in_error;
mod store;
mod trouble;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
pub use breaker::{Breaker, Health};
pub use checker::SageMakerChecker;
pub use config::{AwsConfig, Bucket, Impossible};
pub use embedder::SageMakerEmbedder;
pub use feedback::S3Feedback;
pub use generator::SageMakerGenerator;
use guard::Guard;
use mortar_privacy::Vault;
pub use probe::{Probed, probe};
pub use reranker::SageMakerReranker;
pub use sign_in::{Device, SignIn, SignInError, SignedIn};
pub use store::S3Store;

/// What one tenant needs of AWS. Clients are made anew when who is signed in changes: theirs would
/// outlive a sign-out.
pub struct Aws {
    pub config: AwsConfig,
    pub sign_in: Arc<SignIn>,
    clients: RwLock<Arc<Clients>>,
    guard: Guard,
    /// Whose credentials clients have, where nobody signs in.
    task: Option<SharedCredentialsProvider>,
}

struct Clients {
    runtime: aws_sdk_sagemakerruntime::Client,
    s3: aws_sdk_s3::Client,
}

impl Aws {
    /// `lock` is a file that only says who refreshes tokens: they serve once, and there may be several
    /// processes.
    pub fn new(config: AwsConfig, vault: Arc<dyn Vault>, lock: PathBuf) -> Arc<Aws> {
        Aws::with(config, vault, lock, None)
    }

    /// As the task that this process is: its role's credentials, which its container hands out and which nobody signs in
    /// for. A laptop's tenant file serves as it is.
    pub fn of_task(config: AwsConfig, vault: Arc<dyn Vault>, lock: PathBuf) -> Arc<Aws> {
        let task = EcsCredentialsProvider::builder().build();
        Aws::with(config, vault, lock, Some(SharedCredentialsProvider::new(task)))
    }

    fn with(
        config: AwsConfig,
        vault: Arc<dyn Vault>,
        lock: PathBuf,
        task: Option<SharedCredentialsProvider>,
    ) -> Arc<Aws> {
        let sign_in = Arc::new(SignIn::new(&config, vault, lock));
        let clients = RwLock::new(Arc::new(Clients::new(&config, whose(&sign_in, task.as_ref()))));
        Arc::new(Aws {
            guard: Guard::new(config.invocations_a_question),
            config,
            sign_in,
            clients,
            task,
        })
    }

    pub fn is_of_task(&self) -> bool {
        self.task.is_some()
    }

    fn clients(&self) -> Arc<Clients> {
        self.clients.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets credentials that clients hold.
    pub async fn renew(&self) {
        self.sign_in.forget_credentials().await;
        let fresh = Arc::new(Clients::new(&self.config, whose(&self.sign_in, self.task.as_ref())));
        *self.clients.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// Ends the sign-in, at the server and here.
    pub async fn sign_out(&self) -> Result<(), SignInError> {
        let done = self.sign_in.sign_out().await;
        self.renew().await;
        done
    }
}

/// The credentials of whoever is signed in, or of the task.
fn whose(sign_in: &Arc<SignIn>, task: Option<&SharedCredentialsProvider>) -> SharedCredentialsProvider {
    let signed_in = || SharedCredentialsProvider::new(sign_in::Provider(sign_in.clone()));
    task.cloned().unwrap_or_else(signed_in)
}

impl Clients {
    fn new(config: &AwsConfig, credentials: SharedCredentialsProvider) -> Self {
        // Built by hand: nothing of the user's environment or of a file in the home takes part.
        let shared = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(config.region.clone()))
            .credentials_provider(credentials)
            .build();
        let mut runtime = aws_sdk_sagemakerruntime::config::Builder::from(&shared)
            .retry_config(calls::once())
            .timeout_config(calls::timeouts());
        runtime.set_endpoint_url(config.endpoints.sagemaker_runtime.clone());
        let mut s3 = aws_sdk_s3::config::Builder::from(&shared)
            .retry_config(calls::once())
            .timeout_config(calls::timeouts())
            .force_path_style(config.endpoints.s3.is_some());
        s3.set_endpoint_url(config.endpoints.s3.clone());
        Clients {
            runtime: aws_sdk_sagemakerruntime::Client::from_conf(runtime.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
        }
    }
}
