//! What the window knows of the program, written from the calls and the types here: `ui/src/backend/types.ts` and
//! `calls.ts`. Compiled for the test alone that holds them up to date.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use crate::calls::{Describe, describe};
use crate::error::DeskError;

/// The types and calls that were told so far.
struct Script {
    config: Config,
    seen: HashSet<TypeId>,
    /// Declarations by name: in what order a type's parts are visited may be another in each build.
    types: BTreeMap<String, String>,
    calls: Vec<Call>,
}

struct Call {
    name: &'static str,
    doc: Vec<&'static str>,
    arguments: Vec<(&'static str, String)>,
    result: String,
    event: Option<String>,
}

impl TypeVisitor for Script {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // What needs no declaration has no file of its own.
        if T::output_path().is_some() && self.seen.insert(TypeId::of::<T>()) {
            T::visit_dependencies(self);
            self.types.insert(T::ident(&self.config), T::decl(&self.config));
        }
    }
}

impl Script {
    fn new() -> Script {
        let mut script = Script {
            config: Config::new().with_large_int("number"),
            seen: HashSet::new(),
            types: BTreeMap::new(),
            calls: Vec::new(),
        };
        // Whatever is called may fail.
        script.visit::<DeskError>();
        describe(&mut script);
        script
    }

    fn types_file(&self) -> String {
        let mut out = String::from(
            "// Long because it holds all that the window and the program say to each other.\n\
             // Generated from the Rust types by `cargo xtask types`. Do not edit.\n",
        );
        for declared in self.types.values() {
            let _ = write!(out, "\nexport {declared}\n");
        }
        out
    }

    fn calls_file(&self) -> String {
        let named = |name: &str| {
            let mut words = self
                .calls
                .iter()
                .flat_map(Call::types)
                .flat_map(|t| t.split(|c: char| !c.is_alphanumeric()));
            words.any(|w| w == name)
        };
        let imported: Vec<&str> = self.types.keys().map(String::as_str).filter(|t| named(t)).collect();
        let signatures: String = self.calls.iter().map(Call::signature).collect();
        let bodies: String = self.calls.iter().map(Call::body).collect();
        format!(
            "// Generated from the desk's calls by `cargo xtask types`. Do not edit.\n\
             import type {{ {} }} from \"./types\";\n\n\
             /** What may be asked of the program. */\n\
             export interface Calls {{\n{signatures}}}\n\n\
             /** Hands a call to the program and its result back; `tell` hears what the call tells on its way. */\n\
             export type Handover = <T, E>(name: string, args: object, tell?: (e: E) => void) => Promise<T>;\n\n\
             export const callsOver = (call: Handover): Calls => ({{\n{bodies}}});\n",
            imported.join(", ")
        )
    }
}

impl Describe for Script {
    // Its declaration and all that it needs come among the types.
    fn name<T: TS + 'static>(&mut self) -> String {
        self.visit::<T>();
        T::visit_generics(self);
        T::name(&self.config)
    }

    fn call(
        &mut self,
        name: &'static str,
        doc: &[&'static str],
        arguments: Vec<(&'static str, String)>,
        result: String,
        event: Option<String>,
    ) {
        self.calls.push(Call {
            name,
            doc: doc.iter().map(|line| line.trim()).collect(),
            arguments,
            result: if result == "null" { "void".to_owned() } else { result },
            event,
        });
    }
}

impl Call {
    /// `go_on` as the window writes it.
    fn method(&self) -> String {
        let mut words = self.name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (head, tail) = word.split_at(1);
            name + &head.to_uppercase() + tail
        })
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        let arguments = self.arguments.iter().map(|(_, t)| t.as_str());
        arguments.chain([self.result.as_str()]).chain(self.event.as_deref())
    }

    fn signature(&self) -> String {
        let mut arguments: Vec<String> = self.arguments.iter().map(|(n, t)| format!("{n}: {t}")).collect();
        arguments.extend(self.event.iter().map(|e| format!("tell: (e: {e}) => void")));
        format!(
            "  /** {} */\n  {}({}): Promise<{}>;\n",
            self.doc.join("\n   * "),
            self.method(),
            arguments.join(", "),
            self.result
        )
    }

    fn body(&self) -> String {
        let arguments: Vec<&str> = self.arguments.iter().map(|a| a.0).collect();
        let tell = self.event.as_ref().map(|_| "tell");
        let given: Vec<&str> = arguments.iter().copied().chain(tell).collect();
        let object = match arguments.as_slice() {
            [] => "{}".to_owned(),
            some => format!("{{ {} }}", some.join(", ")),
        };
        let handed: Vec<&str> = std::iter::once(object.as_str()).chain(tell).collect();
        format!(
            "  {}: ({}) => call(\"{}\", {}),\n",
            self.method(),
            given.join(", "),
            self.name,
            handed.join(", ")
        )
    }
}

#[test]
fn the_windows_types_are_those_of_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/backend");
    let script = Script::new();
    for (name, text) in [("types.ts", script.types_file()), ("calls.ts", script.calls_file())] {
        let path = folder.join(name);
        if std::env::var_os("MORTAR_WRITE_TYPES").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "ui/src/backend/{name} is not up to date: run `cargo xtask types`"
        );
    }
}
