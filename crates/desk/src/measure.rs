//! Measuring what is open: each verb hands it over to `mortar_measure`, where the rules are.

use std::path::Path;

use mortar_local::Verbatim;
use mortar_measure::{
    AttackFigures, Beside, Evaluation, GroundingFigures, JudgedFigures, LeaveOut, MaskingFigures, Measured,
    RankingFigures,
};

use crate::desk::{Desk, today};
use crate::error::DeskError;
use crate::opened::Opened;

/// Measures grounding on texts that people judged, each with its source: lines of `{source, text, label}`.
pub fn judged_by_people(file: &Path) -> Result<JudgedFigures, DeskError> {
    Ok(mortar_measure::judged_by_people(file)?)
}

impl Desk {
    /// Asks the golden questions of a file; beside them known ones with their documents and without, at most so
    /// many of them.
    pub async fn eval(&self, file: &Path, leave_out: Option<usize>) -> Result<Evaluation, DeskError> {
        self.fresh_enough()?;
        let opened = self.opened();
        let measured = self.measured(&opened);
        let mut figures = mortar_measure::golden(&measured, file).await?;
        if let Some(sample) = leave_out {
            figures.leave_out = Some(Beside {
                known: mortar_measure::leave_out(&measured, sample).await?,
                golden: mortar_measure::leave_out_of(&measured, file, sample).await?,
            });
        }
        Ok(figures)
    }

    /// Asks known questions with their documents and without them: those of a file, golden ones or a folder's
    /// judged ones, or else those that the release answers by its own words.
    pub async fn eval_leave_out(&self, file: Option<&Path>, sample: usize) -> Result<LeaveOut, DeskError> {
        self.fresh_enough()?;
        let opened = self.opened();
        let measured = self.measured(&opened);
        Ok(match file {
            Some(file) => mortar_measure::leave_out_of(&measured, file, sample).await?,
            None => mortar_measure::leave_out(&measured, sample).await?,
        })
    }

    /// Measures search on a folder with `queries.jsonl`, `qrels.tsv` and `dataset.json`.
    pub async fn eval_ranking(&self, folder: &Path) -> Result<RankingFigures, DeskError> {
        Ok(mortar_measure::ranking(&self.measured(&self.opened()), folder).await?)
    }

    /// Measures grounding; `paraphrases` holds lines of document, tab, sentence. Quotes are looked at after
    /// so many random edits as well.
    pub fn eval_grounding(&self, paraphrases: Option<&Path>, edits: usize) -> Result<GroundingFigures, DeskError> {
        Ok(mortar_measure::grounding(&self.opened().release, paraphrases, edits)?)
    }

    /// Looks for identifiers in texts whose identifiers are known: lines of `{text, phi: [{type, value}]}`.
    pub fn eval_masking(&self, file: &Path) -> Result<MaskingFigures, DeskError> {
        let opened = self.opened();
        Ok(mortar_measure::masking(file, &mut |text| opened.masking.find(text))?)
    }

    /// Plants each order of a file of JSON lines (`attack`, perhaps `obeyed`) in documents and in questions.
    pub async fn eval_attacks(&self, file: &Path) -> Result<AttackFigures, DeskError> {
        self.fresh_enough()?;
        Ok(mortar_measure::attacks(&self.measured(&self.opened()), &Verbatim, file).await?)
    }

    /// What is open, and what answers from it today.
    pub(crate) fn measured<'a>(&'a self, opened: &'a Opened) -> Measured<'a> {
        Measured {
            release: &opened.release,
            embedder: opened.embedder(0),
            embedder_instead: opened.embedder(1),
            reranker: opened.reranker(),
            generator: opened.generator().unwrap_or(&Verbatim),
            checker: opened.checker(),
            instead: opened.generator().map(|_| &Verbatim as _),
            instructions: &self.config.instructions,
            budget: self.budget(),
            inference_id: self.inference_id(),
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            as_of: today(),
        }
    }
}
