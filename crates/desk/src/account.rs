//! A tenant's account on AWS: who is signed in, how its models do, labels on their way.

use std::sync::Arc;

use jiff::Timestamp;
use mortar_aws::{
    Aws, Health, Probed, S3Feedback, SageMakerChecker, SageMakerEmbedder, SageMakerGenerator, SageMakerReranker,
    SignInError, SignedIn, probe,
};
use mortar_local::{Keyring, open_browser};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::config;
use crate::error::DeskError;
use crate::place::Place;
use crate::tenant::TenantConfig;

/// How the tenant's services do, for the bar at the bottom of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// Nobody is signed in, or the keyring cannot say.
    pub needs_sign_in: bool,
    #[ts(type = "string | null")]
    pub signed_in_until: Option<Timestamp>,
    /// Why a sign-in cannot be kept.
    pub problem: Option<DeskError>,
    #[ts(type = "'well' | 'shaky' | 'open' | null")]
    pub embedding: Option<Health>,
    #[ts(type = "'well' | 'shaky' | 'open' | null")]
    pub reranking: Option<Health>,
    #[ts(type = "'well' | 'shaky' | 'open' | null")]
    pub generation: Option<Health>,
    #[ts(type = "'well' | 'shaky' | 'open' | null")]
    pub checking: Option<Health>,
}

pub struct Account {
    pub(crate) aws: Arc<Aws>,
    pub(crate) embedder: Option<Arc<SageMakerEmbedder>>,
    pub(crate) reranker: Option<Arc<SageMakerReranker>>,
    pub(crate) generator: Option<Arc<SageMakerGenerator>>,
    pub(crate) checker: Option<Arc<SageMakerChecker>>,
    feedback: Option<S3Feedback>,
}

impl Account {
    /// The account of a tenant, without opening its knowledge.
    pub fn open(place: &Place) -> Result<Account, DeskError> {
        let config = config::read(place)?;
        Account::of(place, &config)?.ok_or_else(|| {
            let tenant = &place.tenant;
            DeskError::usage(format!(
                "the tenant “{tenant}” has nothing on AWS: nobody needs to sign in"
            ))
        })
    }

    pub(crate) fn of(place: &Place, config: &TenantConfig) -> Result<Option<Account>, DeskError> {
        let Some(config) = config.aws.clone() else {
            return Ok(None);
        };
        let dir = place.tenant_dir();
        place.make_private()?;
        let vault = Arc::new(Keyring::new(&place.tenant));
        let aws = match place.unattended {
            true => Aws::of_task(config, vault, dir.join("sign-in.lock")),
            false => Aws::new(config, vault, dir.join("sign-in.lock")),
        };
        Ok(Some(Account {
            embedder: SageMakerEmbedder::of(&aws).map(Arc::new),
            reranker: SageMakerReranker::of(&aws).map(Arc::new),
            generator: SageMakerGenerator::of(&aws).map(Arc::new),
            checker: SageMakerChecker::of(&aws).map(Arc::new),
            feedback: S3Feedback::of(&aws),
            aws,
        }))
    }

    /// Signs in with this computer's browser; `tell` hears the address, in case none opens.
    pub async fn sign_in(&self, tell: impl FnOnce(&str)) -> Result<SignedIn, DeskError> {
        let open = |url: &str| {
            tell(url);
            open_browser(url)
        };
        let signed_in = self.aws.sign_in.with_browser(open).await?;
        self.aws.renew().await;
        Ok(signed_in)
    }

    /// Signs in on another device; `tell` hears the code and the address to open there.
    pub async fn sign_in_elsewhere(&self, tell: impl FnOnce(&str, &str)) -> Result<SignedIn, DeskError> {
        let device = self.aws.sign_in.with_device().await?;
        tell(&device.user_code, &device.url);
        let signed_in = self.aws.sign_in.finish_device(&device).await?;
        self.aws.renew().await;
        Ok(signed_in)
    }

    pub async fn sign_out(&self) -> Result<(), DeskError> {
        Ok(self.aws.sign_out().await?)
    }

    pub(crate) async fn signed_in(&self) -> Result<Option<SignedIn>, SignInError> {
        match self.aws.is_of_task() {
            true => Ok(None),
            false => self.aws.sign_in.status().await,
        }
    }

    /// Whether the keyring keeps what is given to it.
    pub(crate) async fn check_keyring(&self) -> Result<(), SignInError> {
        self.aws.sign_in.check_vault().await
    }

    pub async fn connection(&self) -> Connection {
        let signed_in = self.signed_in().await;
        Connection {
            needs_sign_in: !self.aws.is_of_task() && !matches!(signed_in, Ok(Some(_))),
            signed_in_until: signed_in.as_ref().ok().and_then(|s| s.as_ref().map(|s| s.until)),
            problem: signed_in.err().map(DeskError::from),
            embedding: self.embedder.as_ref().map(|e| e.health()),
            reranking: self.reranker.as_ref().map(|r| r.health()),
            generation: self.generator.as_ref().map(|g| g.health()),
            checking: self.checker.as_ref().map(|c| c.health()),
        }
    }

    /// What an endpoint is, and what to write into the configuration for it.
    pub async fn probe(&self, endpoint: &str) -> Result<(Probed, String), DeskError> {
        let probed = probe(&self.aws, endpoint).await.map_err(DeskError::failed)?;
        let toml = probed.toml(endpoint);
        Ok((probed, toml))
    }

    /// The bucket of labels, where it has one.
    pub(crate) fn takes_labels(&self) -> Option<&S3Feedback> {
        self.feedback.as_ref()
    }
}
