//! What only the shell can do for the desk: the clipboard, the browser, and telling the page.

use mortar_desk::Host;
use tauri::{AppHandle, Emitter};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;

pub struct Shell(pub AppHandle);

impl Host for Shell {
    fn copy(&self, text: &str) -> Result<(), String> {
        self.0.clipboard().write_text(text).map_err(|e| e.to_string())
    }

    fn pasted(&self) -> Result<String, String> {
        self.0.clipboard().read_text().map_err(|e| e.to_string())
    }

    fn open_link(&self, url: &str) -> Result<(), String> {
        self.0.opener().open_url(url, None::<&str>).map_err(|e| e.to_string())
    }

    fn tell(&self, event: &str, what: String) {
        let _ = self.0.emit_str(event, what);
    }
}
