//! States of the United States by name and letters, countries, chains of pharmacies, and first names that are no name of a place or a thing.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

const STATES: &[(&str, &str)] = &[
    ("Alabama", "AL"),
    ("Alaska", "AK"),
    ("Arizona", "AZ"),
    ("Arkansas", "AR"),
    ("California", "CA"),
    ("Colorado", "CO"),
    ("Connecticut", "CT"),
    ("Delaware", "DE"),
    ("Florida", "FL"),
    ("Georgia", "GA"),
    ("Hawaii", "HI"),
    ("Idaho", "ID"),
    ("Illinois", "IL"),
    ("Indiana", "IN"),
    ("Iowa", "IA"),
    ("Kansas", "KS"),
    ("Kentucky", "KY"),
    ("Louisiana", "LA"),
    ("Maine", "ME"),
    ("Maryland", "MD"),
    ("Massachusetts", "MA"),
    ("Michigan", "MI"),
    ("Minnesota", "MN"),
    ("Mississippi", "MS"),
    ("Missouri", "MO"),
    ("Montana", "MT"),
    ("Nebraska", "NE"),
    ("Nevada", "NV"),
    ("New Hampshire", "NH"),
    ("New Jersey", "NJ"),
    ("New Mexico", "NM"),
    ("New York", "NY"),
    ("North Carolina", "NC"),
    ("North Dakota", "ND"),
    ("Ohio", "OH"),
    ("Oklahoma", "OK"),
    ("Oregon", "OR"),
    ("Pennsylvania", "PA"),
    ("Rhode Island", "RI"),
    ("South Carolina", "SC"),
    ("South Dakota", "SD"),
    ("Tennessee", "TN"),
    ("Texas", "TX"),
    ("Utah", "UT"),
    ("Vermont", "VT"),
    ("Virginia", "VA"),
    ("Washington", "WA"),
    ("West Virginia", "WV"),
    ("Wisconsin", "WI"),
    ("Wyoming", "WY"),
    ("Puerto Rico", "PR"),
    ("District of Columbia", "DC"),
    ("Guam", "GU"),
];

/// Countries that are called by no other word of English.
const COUNTRIES: &[&str] = &[
    "Afghanistan",
    "Albania",
    "Algeria",
    "Argentina",
    "Armenia",
    "Australia",
    "Austria",
    "Bahamas",
    "Bangladesh",
    "Barbados",
    "Belgium",
    "Belize",
    "Bermuda",
    "Bolivia",
    "Brazil",
    "Bulgaria",
    "Cambodia",
    "Cameroon",
    "Canada",
    "Chile",
    "China",
    "Colombia",
    "Costa Rica",
    "Croatia",
    "Cuba",
    "Cyprus",
    "Czech Republic",
    "Denmark",
    "Dominican Republic",
    "Ecuador",
    "Egypt",
    "El Salvador",
    "England",
    "Estonia",
    "Ethiopia",
    "Finland",
    "France",
    "Germany",
    "Ghana",
    "Greece",
    "Guatemala",
    "Guyana",
    "Haiti",
    "Honduras",
    "Hungary",
    "Iceland",
    "India",
    "Indonesia",
    "Iran",
    "Iraq",
    "Ireland",
    "Israel",
    "Italy",
    "Jamaica",
    "Japan",
    "Kenya",
    "Korea",
    "Kuwait",
    "Laos",
    "Latvia",
    "Lebanon",
    "Lithuania",
    "Luxembourg",
    "Malaysia",
    "Mexico",
    "Morocco",
    "Nepal",
    "Netherlands",
    "New Zealand",
    "Nicaragua",
    "Nigeria",
    "Norway",
    "Pakistan",
    "Panama",
    "Paraguay",
    "Peru",
    "Philippines",
    "Poland",
    "Portugal",
    "Qatar",
    "Romania",
    "Russia",
    "Saudi Arabia",
    "Scotland",
    "Serbia",
    "Singapore",
    "Slovakia",
    "Slovenia",
    "Somalia",
    "South Africa",
    "Spain",
    "Sri Lanka",
    "Sudan",
    "Sweden",
    "Switzerland",
    "Syria",
    "Taiwan",
    "Thailand",
    "Trinidad",
    "Tunisia",
    "Uganda",
    "Ukraine",
    "United Kingdom",
    "Uruguay",
    "Venezuela",
    "Vietnam",
    "Yemen",
    "Zimbabwe",
];

/// Chains whose names stand for another pharmacy.
const PHARMACIES: &[&str] = &[
    "walgreens",
    "walgreen",
    "cvs",
    "walmart",
    "costco",
    "kroger",
    "safeway",
    "publix",
    "riteaid",
    "wegmans",
    "heb",
    "meijer",
    "albertsons",
    "duane",
    "caremark",
];

/// First names that many customers have.
const FIRST_NAMES: &str = "james robert john michael david william richard joseph thomas christopher charles daniel matthew anthony \
    mark donald steven andrew paul joshua kenneth kevin brian timothy ronald george jason edward jeffrey ryan \
    jacob nicholas gary eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander \
    patrick frank raymond jack dennis jerry tyler aaron jose adam nathan henry zachary douglas peter kyle \
    noah ethan jeremy christian walter keith austin roger terry sean gerald carl dylan harold jordan jesse \
    bryan lawrence arthur gabriel bruce logan billy joe alan juan elijah willie albert wayne randy mason \
    vincent liam roy bobby caleb bradley russell lucas mary patricia jennifer linda elizabeth barbara susan \
    jessica karen sarah lisa nancy sandra betty ashley emily kimberly margaret donna michelle carol amanda \
    melissa deborah stephanie rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma brenda \
    pamela nicole anna samantha katherine christine helen debra rachel carolyn janet maria catherine heather \
    diane olivia julie joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea hannah \
    megan cheryl jacqueline martha madison teresa gloria sara janice ann kathryn abigail sophia frances jean \
    alice judy isabella julia grace amber denise danielle marilyn beverly charlotte natalie theresa diana \
    brittany doris kayla alexis lori marie carlos luis miguel pedro sofia lucia carmen rosa elena ana priya \
    wei ahmed fatima omar";

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let mut names: Vec<&str> = STATES.iter().map(|s| s.0).collect();
    // "West Virginia" before "Virginia".
    names.sort_by_key(|n| std::cmp::Reverse(n.len()));
    let letters: Vec<&str> = STATES.iter().map(|s| s.1).collect();
    let two: Vec<&str> = names.iter().copied().filter(|n| n.contains(' ')).collect();
    // Letters are a state where a place stands: "in FL", "Miami, FL", "FL:"; so is a name of one word without capital.
    Regex::new(&format!(
        r"\b(?:(?P<name>{names}|(?i:{two}|{countries}))|(?i:in|to|from)\s+(?P<small>(?i:{names}))|(?:(?i:in|to|from|of|for|state)\s+|,\s*|^|\n)(?P<letters>{letters})(?:\b|:))\b",
        names = names.join("|"),
        two = two.join("|"),
        countries = COUNTRIES.join("|"),
        letters = letters.join("|")
    ))
    .expect("a valid pattern")
});

/// The states and the countries that a text names, each by its number and with its bytes.
pub(crate) fn find(text: &str) -> Vec<(usize, Range<usize>)> {
    static BY_NAME: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
        let states = STATES.iter().enumerate();
        let countries = COUNTRIES.iter().enumerate();
        states
            .flat_map(|(i, s)| [(s.0.to_lowercase(), i), (s.1.to_lowercase(), i)])
            .chain(countries.map(|(i, c)| (c.to_lowercase(), STATES.len() + i)))
            .collect()
    });
    let found = NAMED
        .captures_iter(text)
        .filter_map(|c| c.name("name").or(c.name("small")).or(c.name("letters")));
    found
        .filter_map(|m| Some((*BY_NAME.get(&m.as_str().to_lowercase())?, m.range())))
        .collect()
}

pub(crate) fn is_country(place: usize) -> bool {
    place >= STATES.len()
}

/// Whether a text speaks of other countries at large.
pub(crate) fn is_of_abroad(text: &str) -> bool {
    static ABROAD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:outside\s+(?:of\s+)?the\s+(?:united\s+states|u\.?s\.?a?|country)|within\s+the\s+(?:united\s+states|u\.?s)|abroad|overseas|internationally|international|other\s+countries|another\s+country|foreign)\b")
            .expect("a valid pattern")
    });
    ABROAD.is_match(text)
}

/// Whether a word is the name of a chain of pharmacies: in a question another pharmacy.
pub(crate) fn is_pharmacy(word: &str) -> bool {
    PHARMACIES.contains(&word)
}

pub(crate) fn is_first_name(word: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| FIRST_NAMES.split_whitespace().collect());
    NAMES.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_one_by_name_and_by_letters() {
        let of = |t: &str| {
            find(t)
                .into_iter()
                .map(|p| STATES.get(p.0).map_or("abroad", |s| s.1))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("Do you ship to Florida?"), ["FL"]);
        assert_eq!(of("Miami, FL"), ["FL"]);
        assert_eq!(of("licensed in West Virginia and TX"), ["WV"]);
        assert_eq!(of("do you ship to alaska or to new mexico"), ["AK", "NM"]);
        assert_eq!(of("do you ship to canada"), ["abroad"]);
        assert_eq!(of("my aunt virginia from Indiana"), ["IN"]);
        assert_eq!(of("is it OK or not? tell ME"), [""; 0]);
    }
}
