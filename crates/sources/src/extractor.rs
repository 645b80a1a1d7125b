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

/// What was made of such a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extract {
    /// As Markdown.
    pub text: String,
    pub told: Vec<Told>,
}

/// What a page shows and the text may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub page: u32,
    /// It is not in the text; else it is, and may not be as it is shown.
    pub missing: bool,
    pub reason: String,
}

const MISSING: &str = "missing";
const UNSURE: &str = "unsure";

impl Told {
    /// As one line.
    pub fn line(&self) -> String {
        let what = if self.missing { MISSING } else { UNSURE };
        format!("{what} {} {}\n", self.page, self.reason)
    }

    /// Out of such a line.
    pub fn of(line: &str) -> Option<Self> {
        let (what, rest) = line.split_once(' ')?;
        let (page, reason) = rest.split_once(' ')?;
        Some(Told {
            page: page.parse().ok()?,
            missing: match what {
                MISSING => true,
                UNSURE => false,
                _ => return None,
            },
            reason: reason.trim_end().to_owned(),
        })
    }
}

/// The text of such a file, or why there is none.
pub trait Extractor: Sync {
    fn extract(&self, what: Extracted, bytes: &[u8]) -> Result<Extract, String>;
}

/// Where nothing can be extracted: such files are refused by name.
pub struct NoExtractor;

impl Extractor for NoExtractor {
    fn extract(&self, what: Extracted, _: &[u8]) -> Result<Extract, String> {
        Err(format!("a file of this kind ({}) is not read here", what.name()))
    }
}
