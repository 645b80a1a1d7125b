//! The names by which sources call what a document has: columns of a table, keys of front matter and of JSON, names
//! of metadata. Which are understood, and which look as if they decided whether a text may be used.

use std::sync::LazyLock;

use mortar_language::text::fold;
use regex::Regex;

/// What a document is made from.
const KNOWN: &[&str] = &[
    "id",
    "title",
    "question",
    "answer",
    "body",
    "text",
    "kind",
    "codes",
    "code",
    "code_system",
    "table",
    "url",
    "version",
    "effective_from",
    "effective_to",
    "owner",
    "tags",
    "history",
];

pub const TITLES: &[&str] = &["question", "title"];
pub const BODIES: &[&str] = &["answer", "body", "text"];

pub fn is_known(key: &str) -> bool {
    KNOWN.contains(&key)
}

/// A name as it is compared: "Effective to", "effectiveTo", "effective-to:" and "_effective_to" are one.
pub fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            out.push('_');
        }
        lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
    }
    out.split('_').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("_")
}

// Words as `fold` writes them (without accents), in English, Spanish, German, French, Portuguese and Italian.
const END: &str = "expires expire expired expiry expiration until till sunset retires retired retire retirement obsolete \
deprecated deprecation discontinue discontinued withdrawn withdrawal superseded supersededby replaced archived archive invalid \
void voided termination terminated terminates cancelled canceled lapse lapses lapsed cease ceases ceased deadline bis hasta ate \
vence vencimiento vencido caduca caducidad caducado expira expiracion retirado obsoleto  derogado gultigkeitsende ablauf \
ablaufdatum veraltet ersetzt zuruckgezogen abgelaufen archiviert peremption perime remplacee validade scadenza scade";
const BEGINNING: &str = "embargo embargoed effective vigencia gultigkeitsbeginn inkrafttreten";
const STATE: &str = "status state stage draft drafts published publish unpublished active inactive enabled disabled approved \
approval unapproved live lifecycle visibility hidden unlisted private deleted removed trashed outdated stale unverified \
estado borrador publicado activo aprobado situacion entwurf \
freigabe freigegeben veroffentlicht aktiv genehmigt geloscht statut etat brouillon publie actif rascunho ativo stato bozza \
publiee pubblicato attivo";
/// Those that mean a state only by themselves: "Current", not "Current owner".
const WHOLE_STATE: &str =
    "current visible public verified validated reviewed pending wip phase vigente valid valido gultig";
const EXCEPTION: &str = "exception exceptions except unless exclusion exclusions excludes excluded exempt exempted exemption \
exemptions restriction restrictions restricted limitation limitations limits conditional condition conditions caveat caveats \
warning warnings caution cautions contraindication contraindications contraindicated applies applicable disclaimer not only \
override overrides carveout carveouts but excepcion excepciones excepto salvo restriccion restricciones exclusiones limitaciones \
condicion condiciones advertencia advertencias ausnahme ausnahmen ausgenommen einschrankung einschrankungen ausschluss \
bedingung bedingungen warnung warnhinweis sonderfall sonderfalle sauf excecao excecoes exceto \
eccezione eccezioni eccetto limitazioni";
const ANSWER: &str = "answer answers reply replies response responses resolution solution solutions body text content respuesta \
respuestas contestacion solucion antwort antworten losung reponse reponses resposta respostas risposta";

/// What a name that is not understood looks like, where leaving it out could make a text say what it must not.
pub fn looks_like(key: &str) -> Option<&'static str> {
    let key = fold(key);
    let parts = key.split('_').map(|p| p.trim_end_matches(|c: char| c.is_ascii_digit()));
    let parts: Vec<&str> = parts.filter(|p| !p.is_empty()).collect();
    let is_of = |part: &str, words: &str| words.split_whitespace().any(|w| w == part);
    let any = |words: &str| parts.iter().any(|p| is_of(p, words));
    let last = |words: &str| parts.last().is_some_and(|p| is_of(p, words));
    let in_force = any("valid effective good force validity valido valida validez gultig valable valide");
    // "Published at" and "approved by" say when and by whom.
    let told_of = any("at on by date time reason note notes el am von por fecha datum");
    // "Start date", not "start page".
    let dated = |words: &str| any(words) && (told_of || last(words));
    let answers = last(ANSWER) || parts.first().is_some_and(|p| is_of(p, "answer respuesta antwort"));
    if parts.is_empty() {
        None
    } else if any(END)
        || parts == ["exp"]
        || dated("end ends ended stop stops closing fin ende enddatum")
        || (in_force && any("to through thru a al au"))
        || (any("last final") && in_force)
    {
        Some("an end")
    } else if any(BEGINNING)
        || dated("start starts begin begins inicio beginn startdatum debut")
        || (in_force && any("from since desde de ab seit del"))
    {
        Some("a beginning")
    } else if (any(STATE) && !told_of) || parts.iter().all(|p| *p == "is" || is_of(p, WHOLE_STATE)) {
        Some("a state")
    } else if any(EXCEPTION) {
        Some("an exception")
    } else if answers && !told_of && !any("alt") {
        Some("a second answer")
    } else {
        None
    }
}

/// The words by which a title says that what stands below it is not, or no longer, or only up to a day in force.
pub fn not_in_force(title: &str) -> Option<String> {
    static SAID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\b(?: drafts? | do\ not\ use | not\ (?:yet\ )?(?:approved|valid|in\ force|in\ effect|final) | withdrawn | obsolete
            | superseded | expired | expires | archived? | archives | retired | outdated | deprecated | discontinued | void | revoked
            | no\ longer\ (?:valid|in\ force|used) | (?:valid|effective|good|in\ force)\ (?:until|till|through|thru|to|from|as\ of)
            | under\ review | work\ in\ progress | for\ review | pending\ approval | old\ version
            | borrador(?:es)? | no\ usar | obsolet[oa]s? | retirad[oa]s? | vencid[oa]s? | caducad[oa]s? | archivad[oa]s? | v[aá]lid[oa]s?\ hasta
            | vigente\ hasta | en\ revisi[oó]n | entw[uü]rfe? | nicht\ verwenden | veraltet | archiviert | abgelaufen | zur[uü]ckgezogen
            | g[uü]ltig\ (?:bis|ab) | brouillon | p[eé]rim[eé] | obsol[eè]te | valable\ jusqu ) \b",
        )
        .expect("a valid pattern")
    });
    SAID.find(title).map(|m| m.as_str().to_owned())
}

/// Whether the value of a state says outright that the text is in force: `draft: false`, `Status: Published`.
pub fn is_in_force(key: &str, value: &str) -> bool {
    const NO: &[&str] = &["false", "no", "0", "n", "f", "nein", "non"];
    const YES: &[&str] = &["true", "yes", "1", "y", "t", "x", "si", "sí", "ja", "oui", "✓", "✔"];
    const GOOD: &[&str] = &[
        "published",
        "active",
        "approved",
        "live",
        "current",
        "in force",
        "in effect",
        "valid",
        "public",
        "verified",
        "validated",
        "publicado",
        "publicada",
        "activo",
        "activa",
        "aprobado",
        "aprobada",
        "vigente",
        "freigegeben",
        "aktiv",
        "veröffentlicht",
        "gültig",
        "publié",
        "actif",
    ];
    let value = value.trim().to_lowercase();
    let is_of = |values: &[&str]| values.contains(&value.as_str());
    match key.strip_prefix("is_").unwrap_or(key) {
        "draft" | "hidden" | "archived" | "deleted" | "deprecated" | "expired" | "retired" | "obsolete" | "private"
        | "unlisted" | "disabled" | "inactive" | "outdated" | "unpublished" | "removed" | "withdrawn" | "trashed"
        | "stale" | "superseded" | "invalid" | "borrador" | "entwurf" => is_of(NO),
        "published" | "active" | "enabled" | "live" | "approved" | "public" | "visible" | "current" | "verified"
        | "publicado" | "activo" | "aprobado" | "aktiv" | "freigegeben" => is_of(YES),
        "status" | "state" | "stage" | "lifecycle" | "visibility" | "estado" | "statut" | "freigabe" | "approval"
        | "article_status" | "document_status" | "publication_status" | "publish_status" | "lifecycle_state" => {
            is_of(GOOD)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_however_it_is_written() {
        for name in [
            "Effective to",
            "effective-to",
            "effectiveTo",
            " EFFECTIVE_TO ",
            "Effective to:",
            "_effective_to",
        ] {
            assert_eq!(normal(name), "effective_to");
        }
        assert_eq!(normal("_id"), "id");
    }

    #[test]
    fn what_could_decide_is_known_by_its_name() {
        for (name, like) in [
            ("Valid until", Some("an end")),
            ("expiryDate", Some("an end")),
            ("valid_to", Some("an end")),
            ("End date", Some("an end")),
            ("Superseded by", Some("an end")),
            ("Start date", Some("a beginning")),
            ("valid from", Some("a beginning")),
            ("Status", Some("a state")),
            ("draft", Some("a state")),
            ("Exception", Some("an exception")),
            ("Does not apply / exclusions", Some("an exception")),
            ("Answer 2", Some("a second answer")),
            ("answer2", Some("a second answer")),
            ("Short answer", Some("a second answer")),
            ("Active?", Some("a state")),
            ("Good thru", Some("an end")),
            ("Last day", None),
            ("Stop date", Some("an end")),
            ("Válido hasta", Some("an end")),
            ("Excepción", Some("an exception")),
            ("Not for", Some("an exception")),
            ("Topic", None),
            ("Last name", None),
            ("Notes", None),
            ("published_at", None),
            ("Approved by", None),
            ("layout", None),
            ("source_file", None),
            ("Department", None),
            ("content_type", None),
            ("Response time", None),
            ("End user", None),
            ("Gültig bis", Some("an end")),
            ("Vence el", Some("an end")),
            ("Fecha de caducidad", Some("an end")),
            ("Ablaufdatum", Some("an end")),
            ("válido a", Some("an end")),
            ("Valid through", Some("an end")),
            ("Closing date", Some("an end")),
            ("Gültig ab", Some("a beginning")),
            ("Válido desde", Some("a beginning")),
            ("Estado", Some("a state")),
            ("Freigabe", Some("a state")),
            ("Statut", Some("a state")),
            ("is_current", Some("a state")),
            ("Outdated", Some("a state")),
            ("Ausnahme", Some("an exception")),
            ("Ausnahmen / Sonderfälle", Some("an exception")),
            ("Does not apply to", Some("an exception")),
            ("Condiciones", Some("an exception")),
            ("Exempt plans", Some("an exception")),
            ("Respuesta 2", Some("a second answer")),
            ("Antwort kurz", Some("a second answer")),
            ("Alternative answer", Some("a second answer")),
            ("Public holiday", None),
            ("Current owner", None),
            ("Reviewed by", None),
            ("Review date", None),
        ] {
            assert_eq!(looks_like(&normal(name)), like, "{name}");
        }
    }
}
