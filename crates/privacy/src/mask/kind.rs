//! What an identifier is one of: the eighteen of HIPAA's Safe Harbor, parted where it matters to who reads, and the
//! numbers by which a pharmacy knows a person. No text is looked at here.

use serde::{Deserialize, Serialize};

/// Of two that are as wide, the earlier wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Ssn,
    Record,
    Member,
    Prescription,
    Order,
    Case,
    Claim,
    Card,
    Account,
    Dea,
    Npi,
    Vehicle,
    Licence,
    Device,
    Email,
    Fax,
    Phone,
    Url,
    Ip,
    File,
    Date,
    Age,
    Facility,
    Place,
    Name,
    Id,
}

/// Each with its word in a placeholder, and the name that Safe Harbor's list and sets of data have for it.
pub(crate) const KINDS: &[(Kind, &str, &str)] = &[
    (Kind::Ssn, "SSN", "SOCIAL_SECURITY_NUMBER"),
    (Kind::Record, "RECORD", "MEDICAL_RECORD_NUMBER"),
    (Kind::Member, "MEMBER", "HEALTH_PLAN_BENEFICIARY_NUMBER"),
    (Kind::Prescription, "PRESCRIPTION", "UNIQUE_IDENTIFIER"),
    (Kind::Order, "ORDER", "UNIQUE_IDENTIFIER"),
    (Kind::Case, "CASE", "UNIQUE_IDENTIFIER"),
    (Kind::Claim, "CLAIM", "UNIQUE_IDENTIFIER"),
    (Kind::Card, "CARD", "ACCOUNT_NUMBER"),
    (Kind::Account, "ACCOUNT", "ACCOUNT_NUMBER"),
    (Kind::Dea, "DEA", "CERTIFICATE_OR_LICENSE_NUMBER"),
    (Kind::Npi, "NPI", "CERTIFICATE_OR_LICENSE_NUMBER"),
    (Kind::Vehicle, "VEHICLE", "VEHICLE_IDENTIFIER"),
    (Kind::Licence, "LICENCE", "CERTIFICATE_OR_LICENSE_NUMBER"),
    (Kind::Device, "DEVICE", "DEVICE_IDENTIFIER"),
    (Kind::Email, "EMAIL", "EMAIL_ADDRESS"),
    (Kind::Fax, "FAX", "FAX_NUMBER"),
    (Kind::Phone, "PHONE", "PHONE_NUMBER"),
    (Kind::Url, "URL", "WEB_URL"),
    (Kind::Ip, "IP", "IP_ADDRESS"),
    (Kind::File, "FILE", "PHOTO_OR_FILE"),
    (Kind::Date, "DATE", "DATE"),
    (Kind::Age, "AGE", "AGE"),
    (Kind::Facility, "FACILITY", "GEOGRAPHIC_LOCATION"),
    (Kind::Place, "PLACE", "GEOGRAPHIC_LOCATION"),
    (Kind::Name, "NAME", "NAME"),
    (Kind::Id, "ID", "UNIQUE_IDENTIFIER"),
];

impl Kind {
    /// The word that stands for it in a placeholder.
    pub fn word(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// What Safe Harbor's list calls it.
    pub fn safe_harbor(self) -> &'static str {
        KINDS[self as usize].2
    }

    pub(crate) fn of_word(word: &str) -> Option<Kind> {
        KINDS.iter().find(|k| k.1.eq_ignore_ascii_case(word)).map(|k| k.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_kinds() {
        for (n, (kind, word, _)) in KINDS.iter().enumerate() {
            assert_eq!((*kind as usize, Kind::of_word(word)), (n, Some(*kind)));
        }
    }
}
