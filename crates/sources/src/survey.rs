//! What names a source has, how often each is filled and with what, so that somebody can say what they mean. Names
//! that people use for what a document has are guessed, in English and in Spanish; a guess is only ever proposed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use mortar_language::text::fold;

use crate::columns::{is_known, normal};

/// So many values of a name are kept, and so much of each.
const SAMPLES: usize = 400;
const LONGEST: usize = 160;
/// Names of one source; a page's front matter has a few, a table some dozens.
const MOST_NAMES: usize = 500;

/// A name as it was met.
#[derive(Debug, Clone, Default)]
pub struct Met {
    pub name: String,
    pub filled: usize,
    /// In characters, of all that is filled.
    pub length: usize,
    pub samples: Vec<String>,
    /// In which order it was met.
    pub at: usize,
}

/// The names of one source.
#[derive(Debug, Default)]
pub struct Survey(Mutex<BTreeMap<String, Met>>);

impl Survey {
    pub fn add(&self, name: &str, text: &str) {
        let Ok(mut all) = self.0.lock() else { return };
        let key = normal(name);
        if all.len() >= MOST_NAMES && !all.contains_key(&key) {
            return;
        }
        let at = all.len();
        let met = all.entry(key).or_insert_with(|| Met {
            name: name.to_owned(),
            at,
            ..Met::default()
        });
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        met.filled += 1;
        met.length += text.chars().count();
        if met.samples.len() < SAMPLES {
            met.samples.push(text.chars().take(LONGEST).collect());
        }
    }

    /// The names in the order in which they stand.
    pub fn met(&self) -> Vec<Met> {
        let mut all: Vec<Met> = self
            .0
            .lock()
            .map(|all| all.values().cloned().collect())
            .unwrap_or_default();
        all.sort_by_key(|m| m.at);
        all
    }

    /// What a document calls what this name seems to mean.
    pub fn guessed(&self, name: &str) -> Option<&'static str> {
        guessed(name)
    }
}

/// The names of people for what a document has, as `fold` and `normal` write them.
const GUESSES: &[(&str, &str)] = &[
    (
        "question",
        "q questions query ask pregunta preguntas consulta customer_question member_question frage",
    ),
    (
        "title",
        "titles heading headline subject topic name article article_title article_name page_title titulo asunto tema \
         nombre titulo_del_articulo titel",
    ),
    (
        "answer",
        "a answers reply response our_answer approved_answer agent_answer resolution respuesta contestacion antwort",
    ),
    (
        "body",
        "content contents html body_html article_body details detail description texto contenido cuerpo detalle \
         descripcion inhalt",
    ),
    (
        "id",
        "article_id document_id doc_id ref reference number no key external_id identificador clave referencia num",
    ),
    (
        "codes",
        "reject_code reject_codes code_s codigo codigos ndc ndcs error_code error_codes",
    ),
    (
        "effective_from",
        "valid_from effective effective_date start_date starts in_force_from vigente_desde valido_desde \
         fecha_de_inicio desde fecha_inicio vigencia_desde gultig_ab",
    ),
    (
        "effective_to",
        "valid_to valid_until valid_through expires expires_on expiry expiry_date expiration expiration_date end_date \
         good_thru in_force_until vigente_hasta valido_hasta vence vence_el vencimiento fecha_de_fin fecha_fin \
         fecha_de_caducidad caducidad hasta gultig_bis",
    ),
    (
        "tags",
        "tag labels label label_names keywords etiquetas etiqueta palabras_clave",
    ),
    (
        "owner",
        "author owned_by responsible responsable autor propietario maintainer",
    ),
    ("version", "revision rev version_number revisado"),
    ("url", "link href html_url permalink enlace web source_url"),
    ("history", "change_log changelog changes historial cambios"),
];

/// What a document calls what this name seems to mean, where it does not call it so itself.
pub fn guessed(name: &str) -> Option<&'static str> {
    let key = fold(&normal(name));
    if is_known(&key) {
        return None;
    }
    let found = GUESSES
        .iter()
        .find(|(_, names)| names.split_whitespace().any(|n| n == key));
    found.map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_languages_are_guessed() {
        for (name, want) in [
            ("Pregunta", Some("question")),
            ("Respuesta", Some("answer")),
            ("Válido hasta", Some("effective_to")),
            ("Valid until", Some("effective_to")),
            ("Vence el", Some("effective_to")),
            ("Effective date", Some("effective_from")),
            ("Etiquetas", Some("tags")),
            ("Código", Some("codes")),
            ("Our answer", Some("answer")),
            ("answer", None),
            ("Department", None),
            ("Excepción", None),
        ] {
            assert_eq!(guessed(name), want, "{name}");
        }
    }
}
