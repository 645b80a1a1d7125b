//! The browser of this computer: the one that `BROWSER` names, or the system's.

/// Opens an address; only the web's.
pub fn open_browser(url: &str) -> Result<(), String> {
    webbrowser::open(url).map_err(|e| format!("no browser opens ({e}); sign in with `mortar login --device`"))
}
