//! The desktop window. No domain rule lives here: commands unpack, call the desk once, and map the
//! error. A second start brings the first window up.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use mortar_desk::assistant::Stop;
use mortar_desk::{Desk, DeskError, Place};
use tauri::{Emitter, Manager, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_global_shortcut::{Code, GlobalShortcutExt, Modifiers, Shortcut, ShortcutState};
use tauri_plugin_window_state::StateFlags;

/// What the commands share.
pub struct State {
    place: RwLock<Result<Place, DeskError>>,
    desk: RwLock<Option<Arc<Desk>>>,
    /// Only one opening at a time: the sample must not be made twice.
    opening: tokio::sync::Mutex<()>,
    stop: RwLock<Stop>,
}

/// Without a graphics card WebKit emulates one, on the cores that the answer needs: to draw directly is
/// sooner there. Whoever set it knows better.
#[cfg(target_os = "linux")]
fn draw_directly_without_a_card() {
    const SETTING: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let mut cards = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let card = cards.any(|c| c.file_name().to_string_lossy().starts_with("renderD"));
    if !card && std::env::var_os(SETTING).is_none_or(|set| set.is_empty()) {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(SETTING, "1") };
    }
}

fn main() {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_desk::quiet() };
    #[cfg(target_os = "linux")]
    draw_directly_without_a_card();
    let context = tauri::generate_context!();
    let state = State {
        place: RwLock::new(place()),
        desk: RwLock::new(None),
        opening: tokio::sync::Mutex::new(()),
        stop: RwLock::default(),
    };
    let mut builder = tauri::Builder::default();
    // Must come first among the plugins. Without a session bus there is no way to find the first.
    if cfg!(not(target_os = "linux")) || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| summon(app)));
    }
    let app = builder
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .plugin(
            tauri_plugin_global_shortcut::Builder::new()
                .with_handler(|app, _, event| {
                    if event.state == ShortcutState::Pressed {
                        summon(app);
                    }
                })
                .build(),
        )
        .manage(state)
        .invoke_handler(tauri::generate_handler![
            commands::open,
            commands::status,
            commands::ask,
            commands::go_on,
            commands::stop,
            commands::ground,
            commands::documents,
            commands::find,
            commands::document,
            commands::conversations,
            commands::conversation,
            commands::save_text,
            commands::copy,
            commands::label,
            commands::open_link,
            commands::connection,
            commands::sign_in,
            commands::sign_out,
            commands::switch_tenant,
            commands::choose_answers,
            commands::sync,
            commands::since,
        ])
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Mortar")
                .inner_size(1280.0, 800.0)
                .min_inner_size(1024.0, 640.0)
                // Nothing but the program's own pages is ever shown.
                .on_navigation(|url| {
                    matches!(url.scheme(), "tauri") || matches!(url.host_str(), Some("tauri.localhost"))
                })
                .build()?;
            let summoning = Shortcut::new(Some(Modifiers::CONTROL | Modifiers::ALT), Code::KeyM);
            // Another program may hold the key, or the desktop may not allow any: the window works without.
            if let Err(e) = app.global_shortcut().register(summoning) {
                eprintln!("mortar: the hotkey Ctrl+Alt+M is not to be had: {e}");
            }
            Ok(())
        })
        .build(context);
    match app {
        Ok(app) => app.run(|_, _| {}),
        Err(e) => {
            eprintln!("mortar: the window cannot be opened: {e}");
            std::process::exit(1);
        }
    }
}

/// Where everything is, by what the program was started with.
fn place() -> Result<Place, DeskError> {
    let place = Place::new(
        argument("--home").map(PathBuf::from),
        argument("--tenant"),
        argument("--release").map(PathBuf::from),
    )?;
    match argument("--tenant-file") {
        Some(file) => place.with_tenant_file(file.into()),
        None => Ok(place),
    }
}

/// Brings the window up with the question field in focus.
fn summon(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
        let _ = window.emit("summoned", ());
    }
}

/// The value of a flag such as `--home DIR` or `--home=DIR`.
fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    while let Some(a) = arguments.next() {
        if a == name {
            return arguments.next();
        }
        if let Some(value) = a.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}
