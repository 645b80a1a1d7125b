//! Labels on their way, without the knowledge that they are about: what waits and why, and sending it.

use mortar_feedback::{Entry, Passed, Records, Waiting, Which};

use crate::account::Account;
use crate::bucket;
use crate::config;
use crate::error::DeskError;
use crate::kept;
use crate::place::Place;
use crate::tenant::TenantConfig;

pub struct Outbox {
    place: Place,
    config: TenantConfig,
    records: Records,
    account: Option<Account>,
}

impl Outbox {
    pub fn open(place: Place) -> Result<Outbox, DeskError> {
        let config = config::read(&place)?;
        place.make_private()?;
        Ok(Outbox {
            records: kept::records(&place, &config)?,
            account: Account::of(&place, &config)?,
            place,
            config,
        })
    }

    /// Labels that have not arrived, those that were given up first; the oldest so many of each.
    pub fn list(&self, most: usize) -> Result<Vec<Entry>, DeskError> {
        Ok(self.records.outbox(most)?)
    }

    /// What is sent of a label that has not arrived.
    pub fn sent_of(&self, id: &str) -> Result<Vec<u8>, DeskError> {
        Ok(self.records.sent_of(id)?)
    }

    /// Labels that were given up wait again: one, or all of them. How many there were.
    pub fn again(&self, id: Option<&str>) -> Result<u32, DeskError> {
        Ok(self.records.again(id)?)
    }

    /// Sends all that waits, and how labels do then.
    pub async fn send(&self) -> Result<(Passed, Waiting), DeskError> {
        if self.account.is_none() && self.config.feedback.store.is_none() {
            let message = "this tenant has no bucket for labels: they stay on this device";
            return Err(DeskError::usage(message));
        }
        let passed = bucket::send(&self.config, self.account.as_ref(), &self.records, Which::All).await?;
        kept::witness(&self.place, &self.config, &self.records)?;
        Ok((passed, self.records.how_labels_do()?))
    }
}
