//! The port to what makes Markdown of files whose readers may crash: PDF and Office. Nothing here reads them; who
//! implements it does so in a process of its own, within bounds of memory, time and depth.

/// Stands as a paragraph of its own where one page ends and the next begins: a character that no text has.
pub const PAGE_END: char = '\u{e00c}';

/// What is extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extracted {
    Docx,
    Pptx,
    Odt,
    Rtf,
    Pdf,
}

impl Extracted {
    /// By the extension of a file, in lower case.
    pub fn of(extension: &str) -> Option<Self> {
        match extension {
            "docx" | "docm" => Some(Extracted::Docx),
            "pptx" => Some(Extracted::Pptx),
            "odt" => Some(Extracted::Odt),
            "rtf" => Some(Extracted::Rtf),
            "pdf" => Some(Extracted::Pdf),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Extracted::Docx => "docx",
            Extracted::Pptx => "pptx",
            Extracted::Odt => "odt",
            Extracted::Rtf => "rtf",
            Extracted::Pdf => "pdf",
        }
    }
}

/// The text of such a file as Markdown, or why there is none.
pub trait Extractor: Sync {
    fn extract(&self, what: Extracted, bytes: &[u8]) -> Result<String, String>;
}

/// Where nothing can be extracted: such files are refused by name.
pub struct NoExtractor;

impl Extractor for NoExtractor {
    fn extract(&self, what: Extracted, _: &[u8]) -> Result<String, String> {
        Err(format!("a file of this kind ({}) is not read here", what.name()))
    }
}
