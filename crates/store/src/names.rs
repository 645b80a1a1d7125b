//! How the files of a store's metadata are called.

pub const TIMESTAMP: &str = "metadata/timestamp.json";

/// Where a version of the root lies.
pub fn root_key(version: u64) -> String {
    format!("metadata/{version}.root.json")
}

/// The version in the key of a file of metadata.
pub fn version_of(key: &str, role: &str) -> Option<u64> {
    key.strip_prefix("metadata/")?
        .strip_suffix(&format!(".{role}.json"))?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_its_own_role_alone() {
        assert_eq!(version_of(&root_key(12), "root"), Some(12));
        for key in [
            "metadata/12.root.json",
            "metadata/x.targets.json",
            "12.targets.json",
            TIMESTAMP,
        ] {
            assert_eq!(version_of(key, "targets"), None, "{key}");
        }
    }
}
