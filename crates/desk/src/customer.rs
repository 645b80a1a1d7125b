//! An answer in the customer's words, with what the tenant says around it.

use mortar_assistant::{Passage, for_customer};

use crate::courtesy::Names;
use crate::desk::Desk;

impl Desk {
    /// An answer in the customer's words; nothing where nothing of it is for the customer.
    pub fn for_customer(&self, text: &str, passages: &[Passage], names: &Names) -> Option<String> {
        let said = &self.config.customer;
        for_customer(
            text,
            passages,
            &names.filled(&said.greeting),
            &names.filled(&said.closing),
        )
    }
}
