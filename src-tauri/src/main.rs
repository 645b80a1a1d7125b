//! The desktop window. No domain rule lives here and no schedule: what the page calls is handed to the desk. A second
//! start brings the first window up.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![expect(clippy::print_stderr, reason = "there is no window yet, or no key to bring it up")]

mod arguments;
mod call;
mod host;

use mortar_desk::Front;
use tauri::plugin::TauriPlugin;
use tauri::{App, AppHandle, Emitter, Manager, WebviewUrl, WebviewWindowBuilder, Wry};
use tauri_plugin_global_shortcut::{Code, GlobalShortcutExt, Modifiers, Shortcut, ShortcutState};
use tauri_plugin_window_state::StateFlags;

fn main() {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_desk::quiet() };
    mortar_desk::private_files();
    #[cfg(target_os = "linux")]
    draw_directly_without_a_card();
    let place = arguments::place();
    #[expect(clippy::exit, reason = "Tauri's own, in what it generates")]
    let context = tauri::generate_context!();
    let mut builder = tauri::Builder::default();
    // Must come first among the plugins. Without a session bus there is no way to find the first.
    if cfg!(not(target_os = "linux")) || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| summon(app)));
    }
    let app = builder
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(window_state())
        .plugin(hotkey())
        .invoke_handler(tauri::generate_handler![call::call])
        .setup(|app| {
            app.manage(Front::new(Box::new(host::Shell(app.handle().clone())), place));
            open_window(app)?;
            listen_for_the_hotkey(app);
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

/// Without a graphics card WebKit emulates one, on the cores that the answer needs: to draw directly is
/// sooner there. Whoever set it knows better.
#[cfg(target_os = "linux")]
fn draw_directly_without_a_card() {
    const SETTING: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let mut cards = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let card = cards.any(|c| c.file_name().to_string_lossy().starts_with("renderD"));
    if !card && std::env::var_os(SETTING).is_none_or(|set| set.is_empty()) {
        // SAFETY: no other thread runs yet that could read the environment.
        #[expect(
            clippy::disallowed_methods,
            reason = "WebKit takes it from there alone, and no other thread runs yet"
        )]
        unsafe {
            std::env::set_var(SETTING, "1")
        };
    }
}

fn window_state() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build()
}

fn hotkey() -> TauriPlugin<Wry> {
    tauri_plugin_global_shortcut::Builder::new()
        .with_handler(|app, _, event| {
            if event.state == ShortcutState::Pressed {
                summon(app);
            }
        })
        .build()
}

fn open_window(app: &App) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Mortar")
        .inner_size(1280.0, 800.0)
        .min_inner_size(1024.0, 640.0)
        // Nothing but the program's own pages is ever shown.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || matches!(url.host_str(), Some("tauri.localhost")))
        .build()?;
    Ok(())
}

/// Another program may hold the key, or the desktop may not allow any: the window works without.
fn listen_for_the_hotkey(app: &App) {
    let summoning = Shortcut::new(Some(Modifiers::CONTROL | Modifiers::ALT), Code::KeyM);
    if let Err(e) = app.global_shortcut().register(summoning) {
        eprintln!("mortar: the hotkey Ctrl+Alt+M is not to be had: {e}");
    }
}

/// Brings the window up with the question field in focus.
fn summon(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
        let _ = window.emit("summoned", ());
    }
}
