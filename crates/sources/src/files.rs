//! Sources on the disk: which files there are, and their bytes. The only place that reads a file; nothing is
//! understood here.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::extractor::Extractor;
use crate::finding::ImportError;
use crate::import::{Imported, Source, import_sources};
use crate::limits::LARGEST_FILE;
use crate::mapping::Mapping;

/// Imports files and folders (folders with all that is in them, by name).
pub fn import(sources: &[PathBuf], extractor: &dyn Extractor) -> Result<Imported, ImportError> {
    let mapping = Mapping::none();
    let files = listed(sources)?.into_iter().map(|(name, path)| {
        Ok(Source {
            name,
            bytes: bytes(&path)?,
            mapping,
        })
    });
    import_sources(files, extractor)
}

/// The files of these sources, each with the name it is reported by.
pub fn listed(sources: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, ImportError> {
    let mut files = Vec::new();
    for source in sources {
        list(source, source, &mut files)?;
    }
    Ok(files)
}

/// A file's bytes, one more than may be of a file that is too large: then it is refused, and never held whole.
pub fn bytes(path: &Path) -> Result<Vec<u8>, ImportError> {
    let read = || {
        let file = File::open(path)?;
        let mut out = Vec::with_capacity(file.metadata()?.len().min(LARGEST_FILE as u64) as usize + 1);
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut out)?;
        Ok(out)
    };
    read().map_err(|e| ImportError::Unreadable(path.to_owned(), e))
}

/// The files of a source, each with the name it is reported by, sorted.
fn list(root: &Path, path: &Path, out: &mut Vec<(String, PathBuf)>) -> Result<(), ImportError> {
    let unreadable = |e| ImportError::Unreadable(path.to_owned(), e);
    if !path.exists() {
        return Err(ImportError::NotThere(path.to_owned()));
    }
    if path.is_file() {
        let name = path.strip_prefix(root).ok().filter(|p| !p.as_os_str().is_empty());
        let name = name.map_or_else(
            || path.file_name().map(PathBuf::from).unwrap_or_default(),
            Path::to_owned,
        );
        out.push((name.to_string_lossy().replace('\\', "/"), path.to_owned()));
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(unreadable)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        if !entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
            list(root, &entry, out)?;
        }
    }
    Ok(())
}
